// Trying again.

const TRIES = 6;

// What the server refuses, in its words. `status` is that of its answer.
export class Refused extends Error {
  constructor(message, status = null) {
    super(message);
    this.status = status;
  }
}

export const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// A connection that breaks is tried again; what the server refuses is not.
export async function patiently(act) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof Refused || tries >= TRIES) throw error;
      await pause(Math.min(2 ** tries / 4, 4));
    }
  }
}
