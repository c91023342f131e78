// The chat of an app. It keeps nothing but the session's UUID.

import { render } from "./text.js";

const { app, model } = document.body.dataset;
const element = (id) => document.getElementById(id);
const [log, form, prompt, notice] = ["log", "form", "prompt", "notice"].map(element);
const kept = storage();

const TRIES = 6;
const isFramed = window.parent !== window;
// Anybody can make up a link, whose session would then be known to somebody else.
const given = isFramed ? isUuid(location.hash.slice(1)) : null;
let session = given || isUuid(kept.get("session")) || begin();
let turn = null;

class Refused extends Error {}

function storage() {
  // Browsers can deny it to a page within another's, which then has to keep the session.
  const prefix = `parlez ${app} `;
  const memory = new Map();
  const guarded = (act, otherwise) => {
    try {
      return act();
    } catch {
      return otherwise();
    }
  };
  return {
    get: (name) =>
      guarded(() => localStorage.getItem(prefix + name), () => memory.get(name) ?? null),
    set: (name, value) =>
      guarded(() => localStorage.setItem(prefix + name, value), () => memory.set(name, value)),
  };
}

function uuid() {
  // `crypto.randomUUID` is there only where the page came encrypted.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function isUuid(text) {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text ?? "") ? text : null;
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

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function patiently(act) {
  // A connection that breaks is tried again; what the server refuses is not.
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof Refused || tries >= TRIES) throw error;
      await pause(Math.min(2 ** tries / 4, 4));
    }
  }
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let id = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("id: ")) id = line.slice(4);
      if (line.startsWith("data: ")) yield { id, data: JSON.parse(line.slice(6)) };
    }
  }
}

function bubble(role, text = "") {
  element("greeting")?.remove();
  const article = document.createElement("article");
  article.className = role;
  if (role === "user") article.textContent = text;
  log.append(article);
  return article;
}

function scroll(always) {
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (always || below < 120) log.scrollTop = log.scrollHeight;
}

function tell(message) {
  notice.textContent = message;
  notice.hidden = !message;
}

function remark(article, text) {
  const line = document.createElement("p");
  line.className = "remark";
  line.textContent = text;
  article.append(line);
}

function show(article, answer) {
  article.classList.toggle("waiting", answer.more && !answer.text);
  article.replaceChildren(...render(answer.text, answer.more ? [] : answer.citations));
  if (answer.error) remark(article, answer.error.message);
  else if (answer.state === "stopped") remark(article, "Stopped.");
}

function busy(is) {
  element("send").hidden = is;
  element("stop").hidden = !is;
  element("stop").disabled = false;
  element("anew").disabled = is;
  log.setAttribute("aria-busy", String(is));
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
  tell("");
  try {
    await follow(open);
  } catch (error) {
    log.querySelector(".waiting")?.remove();
    tell(error instanceof Refused ? error.message : "The connection was lost. Try again.");
    return false;
  } finally {
    turn = null;
    busy(false);
  }
  return true;
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
    if (!prompt.value) prompt.value = text;
  }
  grow();
  prompt.focus();
}

async function restore() {
  let last;
  try {
    const { messages } = await (await patiently(() => call("/messages"))).json();
    for (const message of messages) {
      const article = bubble(message.role, message.content);
      if (message.role === "assistant") {
        show(article, { ...message, text: message.content, more: false });
      }
    }
    last = messages.at(-1);
    scroll(true);
  } catch (error) {
    tell(error instanceof Refused ? error.message : "The chat does not answer. Try again later.");
    return;
  }
  if (last?.role === "user") {
    turn = last.turn_id;
    await answering(null);
  }
}

function grow() {
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = prompt.value.trim();
  if (!text || !element("stop").hidden) return;
  prompt.value = "";
  grow();
  say(text);
});

prompt.addEventListener("input", grow);
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

element("stop").addEventListener("click", async () => {
  if (!turn) return;
  element("stop").disabled = true;
  await patiently(() => call(`/turns/${turn}/stop`, { method: "POST" })).catch(() => {});
});

element("anew").addEventListener("click", () => {
  session = begin();
  log.replaceChildren();
  tell("");
  prompt.focus();
});

if (isFramed) {
  const close = () => tellParent({ close: true });
  element("close").hidden = false;
  element("close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

restore();
