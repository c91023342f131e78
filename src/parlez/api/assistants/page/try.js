// The page on which an assistant is tried: its files, and a chat that shows what answers rest on.

import { render } from "/apps/text.js";

const element = (id) => document.getElementById(id);
const [log, form, prompt, notice] = ["log", "form", "prompt", "notice"].map(element);

const TRIES = 6;
const LOOK_SECONDS = 1;

const number = Number(location.pathname.split("/")[2]);
const kept = `parlez chat with assistant ${number}`;
let csrfToken = null;
let chat = null;
let turn = null;

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

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
    throw new Refused(response.status, message || "The server cannot answer now.");
  }
  return response;
}

const ask = async (...asked) => (await call(...asked)).json();

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

function tell(message) {
  notice.textContent = message;
  notice.hidden = !message;
}

async function guarded(act) {
  tell("");
  try {
    await act();
    return true;
  } catch (error) {
    tell(error instanceof Refused ? error.message : "The connection was lost. Try again.");
    return false;
  }
}

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
  form.hidden = false;
  await restore();
  prompt.focus();
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

function bubble(role, text = "") {
  const article = document.createElement("article");
  article.className = role;
  if (role === "user") article.textContent = text;
  log.append(article);
  settle();
  return article;
}

function settle() {
  const isEmpty = !log.querySelector("article");
  element("greeting").hidden = !isEmpty;
  element("anew").hidden = isEmpty;
}

function show(article, { text, citations, state, error }) {
  article.classList.toggle("waiting", !state && !text);
  article.replaceChildren(...render(text, state ? citations : []));
  const remark = error?.message ?? { stopped: "Stopped.", interrupted: "Interrupted." }[state];
  if (remark) {
    const said = document.createElement("p");
    said.className = "remark";
    said.textContent = remark;
    article.append(said);
  }
}

function scroll(always) {
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (always || below < 120) log.scrollTop = log.scrollHeight;
}

function busy(is) {
  element("send").hidden = is;
  element("stop").hidden = !is;
  element("stop").disabled = false;
  element("anew").disabled = is;
  log.setAttribute("aria-busy", String(is));
}

async function restore() {
  const before = sessionStorage.getItem(kept);
  if (before) {
    try {
      const { assistant_id: assistant, messages } = await ask("GET", `/api/v1/chat/${before}`);
      chat = assistant === number ? Number(before) : null;
      for (const message of chat ? messages : []) {
        const article = bubble(message.role, message.content);
        if (message.role === "assistant") show(article, { ...message, text: message.content });
      }
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  settle();
  scroll(true);
}

async function say(text) {
  const mine = bubble("user", text);
  const article = bubble("assistant");
  const answer = { text: "", citations: [], state: null, error: null };
  show(article, answer);
  scroll(true);
  busy(true);
  const answered = await guarded(async () => {
    chat ??= (await ask("POST", "/api/v1/chat", { assistant_id: number })).chat_id;
    sessionStorage.setItem(kept, chat);
    await follow(text, answer, () => show(article, answer));
  });
  turn = null;
  busy(false);
  if (!answered && !answer.text) {
    // Nothing came of it: it can be sent again.
    article.remove();
    mine.remove();
    prompt.value ||= text;
    settle();
  }
  grow();
  prompt.focus();
}

async function follow(text, answer, changed) {
  // Read an answer to its end, over as many connections as that takes.
  const key = { "Idempotency-Key": Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-") };
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
        if (type === "error") throw new Refused(0, data.message);
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

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split("\n").map((each) => each.split(/: (.*)/, 2)));
      if (fields.data) yield { id: fields.id, type: fields.event, data: JSON.parse(fields.data) };
    }
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
  await patiently(() => call("POST", `/turns/${turn}/stop`)).catch(() => {});
});

element("anew").addEventListener("click", () => {
  sessionStorage.removeItem(kept);
  chat = null;
  for (const article of log.querySelectorAll("article")) article.remove();
  tell("");
  settle();
  prompt.focus();
});

element("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const sent = Object.fromEntries(new FormData(event.target));
  guarded(async () => {
    csrfToken = null;
    await call("POST", "/api/auth/login", sent);
    await enter();
  });
});

guarded(enter);
