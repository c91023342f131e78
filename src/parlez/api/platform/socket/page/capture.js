// What the microphone hears, as samples of 16 bits, in pieces of 32 milliseconds.

const PIECE = 512;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.size = 0;
  }

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.piece[this.size++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.size === PIECE) {
        this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
        this.piece = new Int16Array(PIECE);
        this.size = 0;
      }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
