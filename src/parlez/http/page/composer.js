// The box that one writes in, and the buttons beside it.

const element = (id) => document.getElementById(id);
const [form, prompt, send, stop, anew] = ["form", "prompt", "send", "stop", "anew"].map(element);

// `say` gets each text, `halt` ends the answer to it and returns whether there was one to end, and
// `begin` begins a new conversation.
export function compose({ say, halt, begin }) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = prompt.value.trim();
    if (!text || !stop.hidden) return;
    write("");
    say(text);
  });
  prompt.addEventListener("input", grow);
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  stop.addEventListener("click", () => {
    stop.disabled = halt();
  });
  anew.addEventListener("click", () => {
    begin();
    prompt.focus();
  });
}

// While an answer is on its way it can be stopped, and nothing else can be asked.
export function busy(is) {
  send.hidden = is;
  stop.hidden = !is;
  stop.disabled = false;
  anew.disabled = is;
  element("log").setAttribute("aria-busy", String(is));
}

// Text that was not taken: it can be sent again, unless something else has been written since.
export function giveBack(text) {
  if (!prompt.value) write(text);
}

export function attend() {
  prompt.focus();
}

function write(text) {
  prompt.value = text;
  grow();
}

function grow() {
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}
