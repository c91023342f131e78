// The line that tells what went wrong.

import { Refused } from "./patience.js";

const notice = document.getElementById("notice");

// An empty message takes the line away.
export function tell(message) {
  notice.textContent = message;
  notice.hidden = !message;
}

// Whether it was done. Why not is told: what the server said, or that nothing was heard of it.
export async function guarded(act, lost = "The connection was lost. Try again.") {
  tell("");
  try {
    await act();
    return true;
  } catch (error) {
    tell(error instanceof Refused ? error.message : lost);
    return false;
  }
}
