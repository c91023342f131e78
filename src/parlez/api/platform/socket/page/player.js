// Plays what the server says, one answer at a time, and knows how much of it was heard.

export class Player {
  constructor() {
    this.context = new AudioContext();
    this.epoch = -1;
    this.rate = RATE_UNTIL_TOLD;
    this.pieces = [];
  }

  // Another answer begins.
  begin(epoch, rate) {
    if (epoch <= this.epoch) return;
    this.drop();
    this.epoch = epoch;
    this.rate = rate;
  }

  // `data` is samples of 16 bits in base64. Those of an answer that is past are thrown away.
  play(epoch, data) {
    if (epoch !== this.epoch) return;
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    const samples = new Int16Array(bytes.buffer);
    const buffer = this.context.createBuffer(1, samples.length, this.rate);
    buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    const last = this.pieces.at(-1);
    const free = last ? last.start + last.seconds : 0;
    const start = Math.max(free, this.context.currentTime + 0.01);
    source.start(start);
    this.pieces.push({ source, start, seconds: buffer.duration });
  }

  // What is not an answer yet waits as well.
  pause() {
    this.context.suspend();
  }

  resume() {
    this.context.resume();
  }

  // The user has interrupted: nothing of an epoch before this one is played any more.
  interrupt(epoch) {
    this.drop();
    this.epoch = Math.max(this.epoch, epoch);
    this.context.resume();
  }

  // Milliseconds of this answer that were heard.
  get played() {
    const now = this.context.currentTime;
    const heard = this.pieces.map(({ start, seconds }) => Math.min(Math.max(now - start, 0), seconds));
    return 1000 * heard.reduce((sum, each) => sum + each, 0);
  }

  drop() {
    for (const { source } of this.pieces) source.stop();
    this.pieces = [];
  }

  close() {
    this.drop();
    this.context.close();
  }
}

const RATE_UNTIL_TOLD = 22_050;
