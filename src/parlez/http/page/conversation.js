// What was said, the newest below.

import { render } from "./text.js";

const NEAR = 120;
const ENDINGS = { stopped: "Stopped.", interrupted: "Interrupted." };

const log = document.getElementById("log");
// What stands below takes its place from it: a text that grows, a notice, a phone's keyboard.
new ResizeObserver(() => scroll()).observe(log);

// What one of the two says, as it is added.
export function bubble(role, text = "") {
  const article = document.createElement("article");
  article.className = role;
  if (role === "user") article.textContent = text;
  log.append(article);
  return article;
}

// An answer as far as it is there: it has neither `state` nor `error` before its end.
export function show(article, { text, citations, state, error }) {
  const isOver = state || error;
  article.classList.toggle("waiting", !isOver && !text);
  article.replaceChildren(...render(text, isOver ? citations : []));
  const remark = error?.message ?? ENDINGS[state];
  if (remark) {
    const line = document.createElement("p");
    line.className = "remark";
    line.textContent = remark;
    article.append(line);
  }
}

export function restore(messages) {
  for (const message of messages) {
    const article = bubble(message.role, message.content);
    if (message.role === "assistant") show(article, { ...message, text: message.content });
  }
  scroll(true);
}

// To the newest, unless the reader has gone back to something older.
export function scroll(always) {
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (always || below < NEAR) log.scrollTop = log.scrollHeight;
}

// Nothing came of an answer.
export function forgo() {
  log.querySelector(".waiting")?.remove();
}

export function clear() {
  for (const article of log.querySelectorAll("article")) article.remove();
}
