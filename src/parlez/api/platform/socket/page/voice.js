// A spoken conversation: the microphone goes to the server, and what comes back is shown and played.

import { bubble, scroll } from "/page/conversation.js";
import { guarded, tell } from "/page/notice.js";
import { Refused } from "/page/patience.js";
import { Microphone, RATE } from "./microphone.js";
import { Player } from "./player.js";

const TELL_PLAYED_EVERY = 250;

const $ = (id) => document.getElementById(id);
const entry = $("entry");
const talk = $("talk");

let call = null;

class Call {
  static async begin(key) {
    const protocols = await ticket(key);
    const player = new Player();
    const made = new Call(player, protocols);
    try {
      made.microphone = await Microphone.open((sound) => made.hear(sound));
    } catch (error) {
      made.end();
      throw new Refused(`The microphone cannot be used: ${error.message}`);
    }
    return made;
  }

  constructor(player, protocols) {
    this.player = player;
    this.answers = new Map();
    this.partial = null;
    this.ready = false;
    const url = new URL("/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url, protocols);
    this.socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    this.socket.onclose = () => this.isOver();
    this.telling = setInterval(() => this.tellPlayed(), TELL_PLAYED_EVERY);
  }

  send(type, fields = {}) {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type, ...fields }));
    }
  }

  hear(sound) {
    if (this.ready && this.socket.readyState === WebSocket.OPEN) this.socket.send(sound);
  }

  tellPlayed() {
    const { epoch, played, pieces } = this.player;
    document.body.dataset.played = Math.round(played);
    if (pieces.length) this.send("played", { epoch, milliseconds: played });
  }

  take(message) {
    switch (message.type) {
      case "init_ack":
        this.send("listen", { sample_rate: RATE });
        break;
      case "status":
        if (message.status === "listening") this.ready = true;
        state(STATES[message.status]);
        break;
      case "speech_started":
        state("I hear you.");
        break;
      case "speech_ended":
        state(STATES.processing);
        break;
      case "transcription":
        this.transcribe(message.text, message.is_final);
        break;
      case "message_chunk":
        this.answer(message.message_id).textContent += message.chunk;
        scroll();
        break;
      case "ai_response":
        this.answer(message.message_id).textContent = message.text;
        scroll();
        break;
      case "audio_stream_start":
        this.player.begin(message.epoch, message.sample_rate);
        break;
      case "audio_chunk":
        this.player.play(message.epoch, message.data);
        break;
      case "pause":
        this.player.pause();
        break;
      case "resume":
        this.player.resume();
        state(STATES.speaking);
        break;
      case "interrupted":
        this.player.interrupt(message.epoch);
        this.cut(message);
        break;
      case "error":
        tell(message.message);
        break;
    }
  }

  transcribe(text, isFinal) {
    if (!this.partial && !text) return;
    this.partial ??= bubble("user partial");
    this.partial.textContent = text;
    scroll();
    if (!isFinal) return;
    if (text) this.partial.className = "user";
    else this.partial.remove();
    this.partial = null;
  }

  answer(id) {
    if (!this.answers.has(id)) this.answers.set(id, bubble("assistant"));
    return this.answers.get(id);
  }

  cut({ message_id: id, heard }) {
    const shown = this.answers.get(id);
    if (!shown) return;
    shown.textContent = heard;
    shown.classList.add("cut");
  }

  end() {
    this.socket.close();
    this.isOver();
  }

  isOver() {
    clearInterval(this.telling);
    this.microphone?.close();
    this.microphone = null;
    if (call === this || call === null) over();
    if (this.player.context.state !== "closed") this.player.close();
  }
}

const STATES = {
  listening: "I am listening. Speak whenever you like.",
  processing: "One moment.",
  speaking: "You may interrupt.",
  fallback: null,
};

// What opens a socket, for whoever may: somebody at this machine, signed in, or with a key.
async function ticket(key) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const me = await fetch("/api/auth/me", { headers });
  if (me.status === 401) {
    entry.hidden = false;
    $("key").focus();
    throw new Refused(key ? "This key is not valid." : "");
  }
  const { csrf_token: csrf } = await me.json();
  if (csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await fetch("/api/websocket/ticket", { method: "POST", headers });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(body.error.message);
  return body.protocols;
}

function state(text) {
  if (text) $("state").textContent = text;
}

function over() {
  call = null;
  talk.disabled = false;
  talk.textContent = "Start talking";
  talk.setAttribute("aria-pressed", "false");
  state("Press the button and speak. You may interrupt.");
}

async function begin() {
  talk.disabled = true;
  state("One moment.");
  const begun = await guarded(async () => {
    call = await Call.begin($("key").value);
  });
  if (!begun) {
    over();
    return;
  }
  entry.hidden = true;
  talk.textContent = "Stop talking";
  talk.setAttribute("aria-pressed", "true");
  talk.disabled = false;
}

talk.addEventListener("click", () => (call ? call.end() : begin()));
entry.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
