"""Chat completions, through OpenAI's own client.

Shapes after https://developers.openai.com/api/reference/resources/chat
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam as Said
from pydantic import BaseModel
from tests.support.openai_world import World
from tests.support.vendor import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO: list[Said] = [{"role": "user", "content": "Hello!"}]

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}


async def complete(world: World, messages: Any = HELLO, **options: Any) -> Any:
    return await world.client.chat.completions.create(model="gpt-4o", messages=messages, **options)


async def refusal(world: World, messages: Any = HELLO, **options: Any) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        await complete(world, messages, **options)
    assert not world.vendor.asked
    return caught.value


async def test_a_completion(world: World) -> None:
    answer = await complete(world)
    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model) == ("chat.completion", "gpt-4o")
    assert answer.choices[0].message.content == "You said: Hello! "
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 7
    assert answer.usage.total_tokens == 7 + answer.usage.completion_tokens


async def test_a_stream(world: World) -> None:
    chunks = [
        chunk
        async for chunk in await complete(
            world, stream=True, stream_options={"include_usage": True}
        )
    ]
    *said, last = chunks
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert said[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in said) == "You said: Hello! "
    assert [chunk.choices[0].finish_reason for chunk in said][-2:] == [None, "stop"]
    assert (last.choices, last.usage.prompt_tokens) == ([], 7)
    assert all(chunk.usage is None for chunk in said)


async def test_a_stream_without_usage_has_none(world: World) -> None:
    chunks = [chunk async for chunk in await complete(world, stream=True)]
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_what_was_said_before_is_stored_as_it_was_said(world: World) -> None:
    answer = await world.client.chat.completions.with_raw_response.create(
        model="gpt-4o",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "One"}]},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "1"}]},
            {"role": "developer", "content": "In numbers."},
            {"role": "user", "content": "Two"},
        ],
    )
    assert await world.history(answer.headers["parlez-conversation-id"]) == [
        ("user", "One"),
        ("assistant", "1"),
        ("user", "Two"),
        ("assistant", "You said: Two "),
    ]
    assert world.vendor.asked[-1]["messages"] == [
        {"role": "system", "content": "Be brief.\n\nIn numbers."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two"},
    ]
    turn = await world.parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")
    assert turn.body["text"] == "You said: Two "


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called_answers_and_is_spoken_of(world: World, stream: bool) -> None:
    calls = [("call_1", "get_weather", '{"city": "Rome"}'), ("call_2", "get_weather", "{}")]
    world.vendor.reply = lambda text: Reply(["Let me see."], calls=calls)
    messages: list[Any] = [{"role": "user", "content": "Weather?"}]
    options: Any = {"tools": [WEATHER], "tool_choice": "required", "parallel_tool_calls": True}
    message = await _message(world, messages, stream, **options)
    assert message["content"] == "Let me see."
    called = [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message["tool_calls"]
    ]
    assert called == calls
    asked = world.vendor.asked[-1]
    assert asked["tools"] == [WEATHER]
    assert (asked["tool_choice"], asked["parallel_tool_calls"]) == ("required", True)

    world.vendor.reply = lambda text: Reply([f"It is {text}."])
    messages += [
        message,
        {"role": "tool", "tool_call_id": "call_1", "content": "warm"},
        {"role": "tool", "tool_call_id": "call_2", "content": ""},
    ]
    last = await _message(world, messages, stream, tools=[WEATHER])
    assert last["content"] == "It is ."
    sent = world.vendor.asked[-1]["messages"]
    assert [each["role"] for each in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in sent[1]["tool_calls"]] == ["call_1", "call_2"]
    assert sent[2:] == messages[2:]


async def _message(world: World, messages: Any, stream: bool, **options: Any) -> dict[str, Any]:
    """The message of an answer, put together by the client where it comes in pieces."""
    if not stream:
        answer = await complete(world, messages, **options)
        return dict(answer.choices[0].message.model_dump(exclude_none=True))
    async with world.client.chat.completions.stream(
        model="gpt-4o", messages=messages, **options
    ) as events:
        final = await events.get_final_completion()
    message = final.choices[0].message.model_dump(exclude_none=True)
    for call in message.get("tool_calls", ()):
        call.pop("index", None)
        call["function"].pop("parsed_arguments", None)
    return dict(message)


async def test_a_tool_can_be_named(world: World) -> None:
    choice: Any = {"type": "function", "function": {"name": "get_weather"}}
    await complete(world, tools=[WEATHER], tool_choice=choice)
    assert world.vendor.asked[-1]["tool_choice"] == choice
    choice["function"]["name"] = "another"
    world.vendor.asked.clear()
    assert (await refusal(world, tools=[WEATHER], tool_choice=choice)).param == "tool_choice"


async def test_an_answer_after_a_schema(world: World) -> None:
    class City(BaseModel):
        name: str

    world.vendor.reply = lambda text: Reply(['{"name": ', '"Rome"}'])
    answer = await world.client.chat.completions.parse(
        model="gpt-4o", messages=HELLO, response_format=City
    )
    assert answer.choices[0].message.parsed == City(name="Rome")
    asked = world.vendor.asked[-1]["response_format"]
    assert asked["json_schema"]["schema"]["properties"] == {
        "name": {"title": "Name", "type": "string"}
    }
    assert (asked["json_schema"]["name"], asked["json_schema"]["strict"]) == ("City", True)
    await complete(world, response_format={"type": "json_object"})
    assert world.vendor.asked[-1]["response_format"] == {"type": "json_object"}
    await complete(world, response_format={"type": "text"})
    assert "response_format" not in world.vendor.asked[-1]


async def test_options_are_passed_on(world: World) -> None:
    await complete(
        world,
        temperature=0.0,
        top_p=0.5,
        max_completion_tokens=9,
        stop="END",
        seed=3,
        frequency_penalty=-1,
        presence_penalty=1.5,
        logit_bias={"50256": -100},
    )
    asked = world.vendor.asked[-1]
    assert asked.items() >= {"temperature": 0, "top_p": 0.5, "seed": 3, "stop": ["END"]}.items()
    assert (asked["frequency_penalty"], asked["presence_penalty"]) == (-1, 1.5)
    assert asked["logit_bias"] == {"50256": -100}
    assert asked["max_tokens"] == 9


async def test_a_length_that_was_reached_is_told(world: World) -> None:
    world.vendor.reply = lambda text: Reply(["Long"], reason="length")
    assert (await complete(world)).choices[0].finish_reason == "length"


async def test_what_is_not_known_is_ignored(world: World) -> None:
    await complete(world, n=1, logprobs=False, store=True, extra_body={"whatever": {"a": 1}})
    assert "whatever" not in world.vendor.asked[-1]


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 3, "logprobs": None}, "top_logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "audio"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}}, "tool_choice"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": ["f"]}}},
            "tool_choice",
        ),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0]",
        ),
        ({"messages": [*HELLO, {"role": "tool", "content": "x"}]}, "messages[1].tool_call_id"),
        (
            {"messages": [*HELLO, {"role": "tool", "content": "x", "tool_call_id": "y"}]},
            "messages[1]",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    world: World, options: dict[str, Any], param: str
) -> None:
    error = await refusal(world, **options)
    assert error.param == param
    assert error.type == "invalid_request_error"


async def test_calls_without_results_are_refused(world: World) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: Any = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}, *HELLO]
    assert (await refusal(world, messages)).param == "messages"


async def test_errors_are_the_clients_exceptions(world: World) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        await world.client.chat.completions.create(model="nope", messages=HELLO)
    assert unknown.value.code == "model_not_found"
    nobody = world.client.with_options(api_key="nonsense")
    with pytest.raises(openai.AuthenticationError) as wrong:
        await nobody.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert wrong.value.code == "invalid_api_key"
    answer = await world.parlez.call("POST", "/v1/chat/completions", data=b"{")
    assert answer.status == 415
    assert set(answer.body["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_fails_before_it_speaks_has_a_status(world: World, stream: bool) -> None:
    world.vendor.reply = lambda text: Reply(status=400)
    with pytest.raises(openai.InternalServerError) as caught:
        await complete(world, stream=stream)
    assert (caught.value.status_code, caught.value.type) == (502, "server_error")
    assert caught.value.response.headers["parlez-turn-id"]


async def test_a_budget_that_does_not_reach_is_told_in_openais_words(world: World) -> None:
    budget = {"unit": "tokens", "period": "day", "amount": 1}
    made = await world.parlez.call("PUT", "/api/budgets", budget)
    with pytest.raises(openai.RateLimitError) as caught:
        await complete(world)
    await world.parlez.call("DELETE", f"/api/budgets/{made.body['id']}")
    assert (caught.value.code, caught.value.type) == ("insufficient_quota", "insufficient_quota")
    assert caught.value.response.headers["retry-after"]


async def test_a_bug_is_told_like_other_errors(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.parlez.services.engine, "find", None)
    with pytest.raises(openai.InternalServerError) as caught:
        await world.client.responses.retrieve("resp_" + "0" * 32)
    assert (caught.value.code, caught.value.type) == ("internal_error", "server_error")


async def test_a_call_can_be_tied_to_a_conversation(world: World) -> None:
    started = await world.parlez.call(
        "POST", "/conversations/start", {"user_id": "1", "message": "Hi"}
    )
    conversation_id = started.body["conversation_id"]
    answer = await world.client.chat.completions.with_raw_response.create(
        model="gpt-4o",
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "whatever"},
            {"role": "user", "content": "And now?"},
        ],
        metadata={"conversation_id": conversation_id},
        user="not 1",
    )
    assert answer.headers["parlez-conversation-id"] == conversation_id
    assert await world.history(conversation_id) == [
        ("user", "Hi"),
        ("assistant", "You said: Hi "),
        ("user", "And now?"),
        ("assistant", "You said: And now? "),
    ]
    for foreign in (conversation_id, "nonsense", "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(openai.NotFoundError) as caught:
            await world.stranger.chat.completions.create(
                model="gpt-4o", messages=HELLO, metadata={"conversation_id": foreign}
            )
        assert caught.value.body == {
            "message": "There is no such conversation.",
            "type": "invalid_request_error",
            "param": None,
            "code": "not_found",
        }


async def test_a_key_replays_the_answer_with_its_calls(world: World) -> None:
    calls = [("call_1", "get_weather", "{}")]
    world.vendor.reply = lambda text: Reply([], calls=calls)
    headers = {"Idempotency-Key": "weather"}
    first = await complete(world, tools=[WEATHER], extra_headers=headers)
    again = await complete(world, tools=[WEATHER], extra_headers=headers)
    assert again == first
    assert first.choices[0].message.content is None
    assert first.choices[0].finish_reason == "tool_calls"
    chunks = [
        chunk
        async for chunk in await complete(
            world, tools=[WEATHER], extra_headers=headers, stream=True
        )
    ]
    called = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.id for call in called] == ["call_1"]
    assert len(world.vendor.asked) == 1
    with pytest.raises(openai.ConflictError):
        await complete(world, extra_headers=headers)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_stops_its_call(world: World, stream: bool) -> None:
    world.vendor.reply = lambda text: Reply(["word "] * 1_000, delay=0.01)
    asking = asyncio.create_task(_take_some(world, stream, {}))
    await _until(lambda: bool(world.vendor.asked))
    asking.cancel()
    await _until(lambda: not world.parlez.services.engine.open_turns)


async def test_a_call_with_a_key_goes_on_without_its_client(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda text: Reply(["one ", "two"], gate=gate)
    headers = {"Idempotency-Key": "stay"}
    asking = asyncio.create_task(_take_some(world, True, headers))
    await _until(lambda: bool(world.vendor.asked))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    gate.set()
    answer = await complete(world, extra_headers=headers)
    assert answer.choices[0].message.content == "one two"
    assert len(world.vendor.asked) == 1


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


async def _take_some(world: World, stream: bool, headers: dict[str, str]) -> None:
    answer = await complete(world, stream=stream, extra_headers=headers)
    async for _ in answer:
        pass


async def test_the_bytes_of_a_stream(world: World) -> None:
    """After https://developers.openai.com/api/docs/guides/streaming-responses"""
    world.vendor.reply = lambda text: Reply(["Hi"])
    body = {"model": "gpt-4o", "messages": HELLO, "stream": True}
    answer = await world.parlez.call("POST", "/v1/chat/completions", body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = answer.body.decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    deltas = [json.loads(each.removeprefix("data: "))["choices"][0] for each in frames[:-2]]
    assert deltas == [
        {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        for delta, reason in (
            ({"role": "assistant", "content": "", "refusal": None}, None),
            ({"content": "Hi"}, None),
            ({}, "stop"),
        )
    ]


async def test_models(world: World) -> None:
    models = [model async for model in world.client.models.list()]
    assert "gpt-4o" in [model.id for model in models]
    assert "claude-opus-5.5" not in [model.id for model in models]
    assert (await world.client.models.retrieve("gpt-4o")).owned_by == "openai"
    with pytest.raises(openai.NotFoundError):
        await world.client.models.retrieve("groq/llama-3.3-70b")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize(
    "field",
    [
        r'"tool_choice": {"type": "\ud800"}',
        '"tool_choice": {"type": NaN}',
        r'"tools": [{"type": "function", "name": "f", "parameters": {"a": "\udfff"}, '
        r'"function": {"name": "f", "parameters": {"a": "\udfff"}}}]',
        r'"user": "\u0000"',
        '"temperature": NaN',
        '"metadata": {"a": 1}',
        '"metadata": []',
    ],
)
async def test_what_could_not_be_told_again_is_refused(world: World, path: str, field: str) -> None:
    data = f'{{"messages": [{{"role": "user", "content": "Hi"}}], "input": "Hi", {field}}}'
    headers = {"Content-Type": "application/json"}
    answer = await world.parlez.call("POST", path, data=data.encode(), headers=headers)
    assert (answer.status, answer.body["error"]["type"]) == (400, "invalid_request_error")
    assert not world.vendor.asked


async def test_another_attempt_asks_the_same(world: World) -> None:
    replies = iter([Reply(status=400), Reply(["There"])])
    world.vendor.reply = lambda text: next(replies)
    options: Any = {"tools": [WEATHER], "tool_choice": "auto", "seed": 1}
    headers = {"Idempotency-Key": "again"}
    with pytest.raises(openai.InternalServerError):
        await complete(world, extra_headers=headers, **options)
    answer = await complete(world, extra_headers=headers, **options)
    assert answer.choices[0].message.content == "There"
    assert world.vendor.asked[0] == world.vendor.asked[1]
