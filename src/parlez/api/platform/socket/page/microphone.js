// The microphone, at the rate that the server hears with.

export const RATE = 16_000;

export class Microphone {
  // `onSound` gets each piece, an ArrayBuffer of samples. Rejects where there is no microphone, or
  // none that may be used.
  static async open(onSound) {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
    });
    const context = new AudioContext({ sampleRate: RATE });
    await context.audioWorklet.addModule("/voice/capture.js");
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => onSound(data);
    context.createMediaStreamSource(stream).connect(capture);
    return new Microphone(stream, context);
  }

  constructor(stream, context) {
    this.stream = stream;
    this.context = context;
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
