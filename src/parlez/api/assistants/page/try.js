// The page on which an assistant is tried: its files, and a chat that shows what answers rest on.

import { attend, busy, compose, giveBack } from "/page/composer.js";
import { bubble, clear, forgo, restore, scroll, show } from "/page/conversation.js";
import { events } from "/page/events.js";
import { guarded, tell } from "/page/notice.js";
import { patiently, pause, Refused } from "/page/patience.js";
import { uuid } from "/page/uuid.js";

const element = (id) => document.getElementById(id);

const LOOK_SECONDS = 1;

const number = Number(location.pathname.split("/")[2]);
const kept = `parlez chat with assistant ${number}`;
let csrfToken = null;
let chat = null;
let turn = null;

async function call(method, path, body, headers = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(csrfToken ? { "X-CSRF-Token": csrfToken } : {}),
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    const message = told.error?.message ?? told.detail ?? Object.values(told).flat().join(" ");
    throw new Refused(message || "The server cannot answer now.", response.status);
  }
  return response;
}

const ask = async (...asked) => (await call(...asked)).json();

async function enter() {
  try {
    csrfToken = (await patiently(() => ask("GET", "/api/auth/me"))).csrf_token;
  } catch (error) {
    if (error.status !== 401) throw error;
    element("sign-in").hidden = false;
    element("username").focus();
    return;
  }
  element("sign-in").hidden = true;
  await showAssistant();
  await goOn();
  for (const name of ["form", "anew", "greeting"]) element(name).hidden = false;
  scroll(true);
  attend();
}

async function showAssistant() {
  const found = await patiently(() => ask("GET", `/api/v1/assistants/${number}`));
  document.title = found.name;
  element("name").textContent = found.name;
  element("company").textContent = found.company_name;
  element("company").hidden = !found.company_name;
  element("files").hidden = !found.files.length;
  element("files-summary").textContent = inWords(found.files);
  if (!found.files.length) element("greeting").textContent = "Say something to begin.";
  element("file-list").replaceChildren(...found.files.map(line));
  if (found.files.some(isPending)) {
    await pause(LOOK_SECONDS);
    showAssistant().catch(() => {});
  }
}

const isPending = (file) => file.state === "queued" || file.state === "reading";

function inWords(files) {
  const counts = [
    ["ready", files.filter((file) => file.state === "ready").length],
    ["being read", files.filter(isPending).length],
    ["could not be read", files.filter((file) => file.state === "failed").length],
  ];
  const states = counts.filter(([, count]) => count);
  const all = files.length === 1 ? "1 file" : `${files.length} files`;
  if (states.length === 1) return `${all}, ${states[0][0]}`;
  return `${all}: ${states.map(([state, count]) => `${count} ${state}`).join(", ")}`;
}

function line(file) {
  const made = document.createElement("li");
  made.textContent = file.name;
  if (isPending(file)) made.append(`, ${Math.round(file.progress * 100)} %`);
  if (file.reason) {
    const reason = document.createElement("span");
    reason.className = "alarm";
    reason.textContent = ` ${file.reason}`;
    made.append(reason);
  }
  return made;
}

async function goOn() {
  const before = sessionStorage.getItem(kept);
  if (!before) return;
  try {
    const { assistant_id: assistant, messages } = await ask("GET", `/api/v1/chat/${before}`);
    if (assistant !== number) return;
    chat = Number(before);
    restore(messages);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

async function say(text) {
  const mine = bubble("user", text);
  busy(true);
  const answered = await guarded(async () => {
    const article = bubble("assistant");
    const answer = { text: "", citations: [], state: null, error: null };
    show(article, answer);
    scroll(true);
    chat ??= (await ask("POST", "/api/v1/chat", { assistant_id: number })).chat_id;
    sessionStorage.setItem(kept, chat);
    await follow(text, answer, () => show(article, answer));
  });
  if (!answered) forgo();
  turn = null;
  busy(false);
  if (!answered && !mine.nextElementSibling) {
    // It was not taken: it can be sent again.
    mine.remove();
    giveBack(text);
  }
  attend();
}

async function follow(text, answer, changed) {
  // Read an answer to its end, over as many connections as that takes.
  const key = { "Idempotency-Key": uuid() };
  let last = null;
  await patiently(async () => {
    const response = turn
      ? await call("GET", `/turns/${turn}/events`, null, last ? { "Last-Event-ID": last } : {})
      : await call("PUT", `/api/v1/chat/${chat}`, { input: text, stream: true }, key);
    turn = response.headers.get("Parlez-Turn-Id");
    if (response.status === 204) {
      Object.assign(answer, await ask("GET", `/turns/${turn}`));
    } else {
      for await (const { id, type, data } of events(response)) {
        if (type === "resume") throw new Error("to be gone on with");
        if (type === "error") throw new Refused(data.message);
        last = id;
        take(answer, type, data);
        changed();
        scroll();
      }
    }
    changed();
    scroll();
    if (!answer.state) throw new Error("it broke off");
  });
}

function take(answer, type, data) {
  if (type === "text-delta") answer.text += data.text;
  if (type === "citation-added") answer.citations.push(data);
  if (type === "error-raised") answer.error = data;
  if (type === "turn-ended") answer.state = data.state;
}

function halt() {
  if (!turn) return false;
  const path = `/turns/${turn}/stop`;
  patiently(() => call("POST", path)).catch(() => {});
  return true;
}

function begin() {
  sessionStorage.removeItem(kept);
  chat = null;
  clear();
  tell("");
}

element("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const sent = Object.fromEntries(new FormData(event.target));
  guarded(async () => {
    csrfToken = null;
    await call("POST", "/api/auth/login", sent);
    await enter();
  });
});

compose({ say, halt, begin });
guarded(enter);
