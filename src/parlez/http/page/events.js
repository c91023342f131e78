// A stream of events, after https://html.spec.whatwg.org/multipage/server-sent-events.html: what
// `EventSource` reads, for requests that it cannot make.

export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let id = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split("\n").map((line) => line.split(/: (.*)/, 2)));
      id = fields.id ?? id;
      if (fields.data) yield { id, type: fields.event, data: JSON.parse(fields.data) };
    }
  }
}
