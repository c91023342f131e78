// The chat of an app. It keeps nothing but the session's UUID.

import { attend, busy, compose, giveBack } from "/page/composer.js";
import { bubble, clear, forgo, restore, scroll, show } from "/page/conversation.js";
import { events } from "/page/events.js";
import { guarded, tell } from "/page/notice.js";
import { patiently, Refused } from "/page/patience.js";
import { isUuid, uuid } from "/page/uuid.js";

const { app, model } = document.body.dataset;
const kept = storage();

const isFramed = window.parent !== window;
// Anybody can make up a link, whose session would then be known to somebody else.
const given = isFramed ? isUuid(location.hash.slice(1)) : null;
let session = given || isUuid(kept.get("session")) || begin();
let turn = null;

function storage() {
  // Browsers can deny it to a page within another's, which then has to keep the session.
  const prefix = `parlez ${app} `;
  const memory = new Map();
  const allowed = (act, otherwise) => {
    try {
      return act();
    } catch {
      return otherwise();
    }
  };
  return {
    get: (name) =>
      allowed(() => localStorage.getItem(prefix + name), () => memory.get(name) ?? null),
    set: (name, value) =>
      allowed(() => localStorage.setItem(prefix + name, value), () => memory.set(name, value)),
  };
}

function begin() {
  const made = uuid();
  kept.set("session", made);
  tellParent({ session: made });
  return made;
}

function tellParent(said) {
  // Only pages of the app's origins can have this one in a frame.
  if (isFramed) window.parent.postMessage({ parlez: said }, "*");
}

async function call(path, options = {}) {
  const response = await fetch(app + path, {
    ...options,
    credentials: "omit",
    headers: {
      "x-vanusai-model": model,
      "x-vanusai-sessionid": session,
      ...options.headers,
    },
  });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Refused(body.error?.message || "The chat cannot answer now. Try again later.");
  }
  return response;
}

async function follow(open) {
  // Read an answer to its end, over as many connections as that takes.
  const article = bubble("assistant");
  const answer = { text: "", more: true, citations: [], error: null, state: null };
  let last = null;
  show(article, answer);
  scroll(true);
  await patiently(async () => {
    const response = turn
      ? await call(`/turns/${turn}/events`, { headers: last ? { "Last-Event-ID": last } : {} })
      : await open();
    turn = response.headers.get("Parlez-Turn-Id");
    for await (const { id, data } of events(response)) {
      if (data.resume) throw new Error("to be gone on with");
      last = id;
      answer.text += data.token;
      Object.assign(answer, data.more ? {} : data);
      show(article, answer);
      scroll();
    }
    if (answer.more && response.status !== 204) throw new Error("it broke off");
  });
}

async function answering(open) {
  busy(true);
  const answered = await guarded(() => follow(open));
  if (!answered) forgo();
  turn = null;
  busy(false);
  return answered;
}

async function say(text) {
  const key = uuid();
  const mine = bubble("user", text);
  const answered = await answering(() =>
    call("", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "text/event-stream",
        "Idempotency-Key": key,
      },
      body: JSON.stringify({ prompt: text, stream: true }),
    }),
  );
  if (!answered && !mine.nextElementSibling) {
    // It was not taken: it can be sent again.
    mine.remove();
    giveBack(text);
  }
  attend();
}

function halt() {
  if (!turn) return false;
  const path = `/turns/${turn}/stop`;
  patiently(() => call(path, { method: "POST" })).catch(() => {});
  return true;
}

async function enter() {
  let last;
  const found = await guarded(async () => {
    const { messages } = await (await patiently(() => call("/messages"))).json();
    restore(messages);
    last = messages.at(-1);
  }, "The chat does not answer. Try again later.");
  if (found && last?.role === "user") {
    turn = last.turn_id;
    await answering(null);
  }
}

if (isFramed) {
  const button = document.getElementById("close");
  const close = () => tellParent({ close: true });
  button.hidden = false;
  button.addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

compose({
  say,
  halt,
  begin: () => {
    session = begin();
    clear();
    tell("");
  },
});
enter();
