// OpenAI's own client for JavaScript, unchanged, against a real server. The vendor behind it says
// what it was told, and calls a tool when it is asked about the weather.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = "gpt-4o";
const hello = [{ role: "user", content: "Hello!" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

test("a completion", async () => {
  const { data, response } = await client.chat.completions
    .create({ model, messages: hello })
    .withResponse();
  assert.equal(data.choices[0].message.content, "You said: Hello! ");
  assert.equal(data.choices[0].finish_reason, "stop");
  assert.ok(response.headers.get("parlez-turn-id"));
});

test("a streamed completion", async () => {
  const stream = client.chat.completions.stream({
    model,
    messages: hello,
    stream_options: { include_usage: true },
  });
  assert.equal(await stream.finalContent(), "You said: Hello! ");
  assert.equal((await stream.totalUsage()).prompt_tokens, 7);
});

test("a tool that the client runs by itself", async () => {
  const asked = [];
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: "user", content: "Weather?" }],
    tools: [
      {
        type: "function",
        function: {
          name: "get_weather",
          description: "The weather of a city",
          parameters,
          parse: JSON.parse,
          function: (args) => {
            asked.push(args);
            return "warm";
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), "You said: warm ");
  assert.deepEqual(asked, [{ city: "Rome" }]);
});

test("errors are the client's", async () => {
  await assert.rejects(client.chat.completions.create({ model: "nope", messages: hello }), {
    constructor: OpenAI.NotFoundError,
    code: "model_not_found",
  });
  await assert.rejects(client.chat.completions.create({ model, messages: hello, n: 2 }), {
    constructor: OpenAI.BadRequestError,
    param: "n",
  });
});

test("models", async () => {
  const ids = (await all(client.models.list())).map((each) => each.id);
  assert.ok(ids.includes(model));
  assert.equal((await client.models.retrieve(model)).id, model);
});

test("a response, and one behind it", async () => {
  const first = await client.responses.create({ model, input: "One", metadata: { a: "b" } });
  assert.equal(first.output_text, "You said: One ");
  const second = await client.responses.create({
    model,
    input: "Two",
    previous_response_id: first.id,
  });
  assert.equal(second.conversation.id, first.conversation.id);
  const found = await client.responses.retrieve(first.id);
  assert.deepEqual([found.output_text, found.metadata], [first.output_text, { a: "b" }]);
  await client.responses.delete(second.id);
  await assert.rejects(client.responses.retrieve(second.id), OpenAI.NotFoundError);
});

test("a streamed response, resumed at every cut", async () => {
  const events = await all(await client.responses.create({ model, input: "One two", stream: true }));
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, place) => place),
  );
  const { id } = events[0].response;
  for (let cut = 0; cut < events.length; cut++) {
    const stream = await client.responses.retrieve(id, { stream: true, starting_after: cut });
    assert.deepEqual(await all(stream), events.slice(cut + 1));
  }
  assert.equal(events.at(-1).response.output[0].content[0].text, "You said: One two ");
});

test("the client's own way of putting a stream together", async () => {
  const stream = client.responses.stream({
    model,
    input: "Weather?",
    tools: [{ type: "function", name: "get_weather", parameters, strict: false }],
  });
  const response = await stream.finalResponse();
  assert.equal(response.output[0].name, "get_weather");
  const next = await client.responses.create({
    model,
    input: [
      { type: "function_call_output", call_id: response.output[0].call_id, output: "warm" },
    ],
    previous_response_id: response.id,
  });
  assert.equal(next.output_text, "You said: warm ");
});

test("a response is cancelled", async () => {
  const { id } = await client.responses.create({ model, input: "Slowly", background: true });
  assert.equal((await client.responses.cancel(id)).status, "cancelled");
});
