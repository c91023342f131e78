"""Anthropic's Messages API, after https://platform.claude.com/docs/en/api/messages (answers),
https://platform.claude.com/docs/en/api/messages-streaming (streams),
https://platform.claude.com/docs/en/api/errors (errors)."""

from dataclasses import replace

import pytest

from parlez.core.errors import (
    ContextOverflow,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelUnavailable,
)
from parlez.core.events import TextDelta, ToolCalled, Usage
from parlez.core.messages import Role
from parlez.core.ports.chat_model import (
    AnswerForm,
    ChatRequest,
    Finished,
    Options,
    Prompt,
    ResponseFormat,
    Tool,
    ToolChoice,
)

NAME = "claude-opus-5.5"
HELLO = [Prompt(Role.USER, "Say hello, secretly.")]
TEXT = {"type": "text", "text": "Hi! My name is Claude."}


def answer(*content, stop_reason="end_turn", **usage):
    return {
        "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 25, **usage},
    }


def error(kind, message="secretly sk-test-0123456789", **fields):
    return {
        "type": "error",
        "error": {"type": kind, "message": message, **fields},
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    }


def event(kind, **fields):
    return {"type": kind, **fields}


START = event(
    "message_start",
    message={
        "id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 25, "output_tokens": 1},
    },
)
TEXT_START = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
PING = event("ping")
STOP = event("message_stop")


def said(text, index=0):
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})


def ends(index=0):
    return event("content_block_stop", index=index)


def told(stop_reason="end_turn", tokens=15):
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage={"output_tokens": tokens})


async def collect(asked, prompts=HELLO):
    return [each async for each in asked.chat.stream(asked.request(prompts))]


async def test_a_question(server, ask):
    server.json(answer(TEXT))
    asked = ask(NAME)
    completion = await asked.chat.complete(asked.request(HELLO))
    assert completion.text == "Hi! My name is Claude."
    assert completion.finished == Finished("stop", Usage(10, 25))
    received = server.received[0]
    assert received.line == "POST /v1/messages HTTP/1.1"
    assert received.headers["x-api-key"] == "sk-test-0123456789"
    assert received.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in received.headers
    assert received.body == {
        "model": "claude-opus-5-5",
        "max_tokens": 128_000,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Say hello, secretly."}]}
        ],
    }


async def test_system_words_stand_apart_and_neighbours_are_merged(server, ask):
    server.json(answer(TEXT))
    asked = ask(NAME)
    prompts = [
        Prompt(Role.SYSTEM, "Be brief."),
        Prompt(Role.ASSISTANT, "Hello!"),
        Prompt(Role.USER, "One."),
        Prompt(Role.SYSTEM, "Be kind."),
        Prompt(Role.USER, "  "),
        Prompt(Role.USER, "Two."),
    ]
    await asked.chat.complete(asked.request(prompts))
    body = server.received[0].body
    assert body["system"] == "Be brief.\n\nBe kind."
    texts = [
        (message["role"], [block["text"] for block in message["content"]])
        for message in body["messages"]
    ]
    assert texts == [("user", ["…"]), ("assistant", ["Hello!"]), ("user", ["One.", "Two."])]


async def test_tools_their_calls_and_their_results(server, ask):
    """After https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use"""
    use = {
        "type": "tool_use",
        "id": "toolu_01A09q90qw90lq917835lq9",
        "name": "get_weather",
        "input": {"location": "San Francisco, CA"},
    }
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "EqQBCgIYAhIM"}
    server.json(
        answer(thinking, {"type": "text", "text": "I'll check."}, use, stop_reason="tool_use")
    )
    asked = ask(NAME)
    call = ToolCalled("toolu_1", "get_weather", '{"location": "Rome"}')
    odd = ToolCalled("toolu_2", "get_time", "nonsense")
    request = ChatRequest(
        "claude-opus-5-5",
        [
            Prompt(Role.USER, "Weather?"),
            Prompt(Role.ASSISTANT, "", tool_calls=(call, odd)),
            Prompt(Role.TOOL, "sunny", tool_call_id="toolu_1"),
            Prompt(Role.TOOL, "noon", tool_call_id="toolu_2"),
        ],
        form=AnswerForm(tools=(Tool("get_weather", "The weather of a place", {"type": "object"}),)),
    )
    completion = await asked.chat.complete(request)
    assert completion.text == "I'll check."
    assert completion.tool_calls == (
        ToolCalled(
            "toolu_01A09q90qw90lq917835lq9", "get_weather", '{"location": "San Francisco, CA"}'
        ),
    )
    assert completion.finished.reason == "tool_calls"
    body = server.received[0].body
    assert body["tools"] == [
        {
            "name": "get_weather",
            "description": "The weather of a place",
            "input_schema": {"type": "object"},
        }
    ]
    assert [block["input"] for block in body["messages"][1]["content"]] == [
        {"location": "Rome"},
        {"arguments": "nonsense"},
    ]
    assert body["messages"][2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": "noon"},
        ],
    }


async def test_options(server, make_anthropic, question):
    options = Options(temperature=1.7, top_p=0.9, max_tokens=5, stop=("\n", "END"), seed=7)
    server.json(answer(TEXT))
    await make_anthropic().complete(replace(question, options=options))
    body = server.received[0].body
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (1.0, 0.9, 5)
    assert body["stop_sequences"] == ["END"]
    assert "seed" not in body


async def test_models_that_refuse_sampling_options_are_not_sent_them(server, ask):
    """After https://platform.claude.com/docs/en/models/opus-5-5/migration-guide"""
    server.json(answer(TEXT))
    asked = ask(NAME)
    await asked.chat.complete(asked.request(HELLO, Options(temperature=0.5, top_p=0.5)))
    assert not {"temperature", "top_p"} & server.received[0].body.keys()


async def test_tokens_of_the_cache_were_read_too(server, ask):
    """After https://platform.claude.com/docs/en/build-with-claude/prompt-caching"""
    server.json(answer(TEXT, cache_creation_input_tokens=100, cache_read_input_tokens=1_000))
    asked = ask(NAME)
    completion = await asked.chat.complete(asked.request(HELLO))
    assert completion.finished.usage == Usage(1_110, 25)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        (None, "stop"),
    ],
)
async def test_stop_reasons(server, ask, theirs, ours):
    """After https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons"""
    server.json(answer(TEXT, stop_reason=theirs))
    asked = ask(NAME)
    assert (await asked.chat.complete(asked.request(HELLO))).finished.reason == ours


async def test_the_documented_stream(server, ask):
    server.events(
        START, TEXT_START, PING, said("Hello"), said("!"), ends(), told(), STOP, done=False
    )
    assert await collect(ask(NAME)) == [
        TextDelta("Hello"),
        TextDelta("!"),
        Finished("stop", Usage(25, 15)),
    ]
    assert server.received[0].body["stream"] is True
    assert server.received[0].headers["accept"] == "text/event-stream"


async def test_a_stream_with_thoughts_and_a_tool(server, ask):
    def thought(kind, **fields):
        return event("content_block_delta", index=0, delta={"type": kind, **fields})

    def arguments(piece):
        delta = {"type": "input_json_delta", "partial_json": piece}
        return event("content_block_delta", index=2, delta=delta)

    use = {"type": "tool_use", "id": "toolu_01T1x", "name": "get_weather", "input": {}}
    server.events(
        START,
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        thought("thinking_delta", thinking="I need to"),
        thought("signature_delta", signature="EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk"),
        ends(0),
        event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
        said("Okay", 1),
        ends(1),
        event("content_block_start", index=2, content_block=use),
        arguments(""),
        arguments('{"location":'),
        arguments(' "Rome"}'),
        ends(2),
        told("tool_use", 89),
        STOP,
        done=False,
    )
    assert await collect(ask(NAME)) == [
        TextDelta("Okay"),
        ToolCalled("toolu_01T1x", "get_weather", '{"location": "Rome"}'),
        Finished("tool_calls", Usage(25, 89)),
    ]


async def test_events_of_a_type_that_is_not_known_are_passed_over(server, ask):
    server.events(START, event("news", data=1), TEXT_START, said("Hi"), told(), STOP, done=False)
    assert (await collect(ask(NAME)))[0] == TextDelta("Hi")


async def test_half_a_character_waits_for_its_other_half(server, ask):
    server.events(START, TEXT_START, said("a\ud83d"), said("\ude00b"), told(), STOP, done=False)
    assert (await collect(ask(NAME)))[:-1] == [TextDelta("a"), TextDelta("\U0001f600b")]


async def test_an_overload_within_a_stream(server, ask):
    overload = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    server.events(START, TEXT_START, said("Hel"), overload, done=False)
    events = ask(NAME).chat.stream(ChatRequest("x", HELLO))
    assert await anext(events) == TextDelta("Hel")
    with pytest.raises(ModelOverloaded, match="overloaded_error"):
        await anext(events)


@pytest.mark.parametrize("last", [said("Hel"), ends(), PING])
async def test_a_stream_that_breaks_off(server, ask, last):
    server.events(START, TEXT_START, last, done=False)
    with pytest.raises(ModelFailed, match="broke off"):
        await collect(ask(NAME))


async def test_a_stream_whose_last_event_is_missing_is_whole(server, ask):
    server.events(START, TEXT_START, said("Hi"), told(), done=False)
    assert (await collect(ask(NAME)))[-1] == Finished("stop", Usage(25, 15))


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"type": "content_block_delta"}',
        b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 7}}',
        b'{"type": "message_start"}',
        b"[" * 50_000,
    ],
    ids=range(7),
)
async def test_nonsense_in_a_stream(server, ask, data):
    server.events(START, data, done=False)
    with pytest.raises(ModelFailed, match="not a chat completion"):
        await collect(ask(NAME))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"content": "text"}',
        b'{"content": [{"type": "text"}]}',
        b'{"content": [{"type": "text", "text": 7}]}',
        b'{"content": [{"type": "tool_use", "id": "1"}]}',
    ],
    ids=range(7),
)
async def test_a_whole_answer_of_nonsense(server, ask, body):
    server.json(body)
    asked = ask(NAME)
    with pytest.raises(ModelFailed, match="not a chat completion"):
        await asked.chat.complete(asked.request(HELLO))


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            "401 Unauthorized",
            error("authentication_error"),
            ModelUnavailable,
            "authentication_error). Check ANTHROPIC_API_KEY",
        ),
        ("403 Forbidden", error("permission_error"), ModelUnavailable, "permission_error"),
        ("402 Payment Required", error("billing_error"), ModelUnavailable, "no credit left"),
        ("404 Not Found", error("not_found_error"), ModelUnavailable, "does not offer this model"),
        ("400 Bad Request", error("invalid_request_error"), ModelRejected, "does not accept"),
        ("413 Too Large", error("request_too_large"), ModelRejected, "request_too_large"),
        ("429 Slow Down", error("rate_limit_error"), ModelOverloaded, "rate_limit_error"),
        (
            "429 Slow Down",
            error("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}),
            ModelUnavailable,
            "no credit left",
        ),
        ("500 Oops", error("api_error"), ModelFailed, "api_error"),
        ("529 Overloaded", error("overloaded_error"), ModelOverloaded, "overloaded_error"),
    ],
)
async def test_refusals(server, ask, status, body, kind, words):
    server.json(body, status)
    asked = ask(NAME)
    with pytest.raises(kind) as caught:
        await asked.chat.complete(asked.request(HELLO))
    assert words in caught.value.message
    assert type(caught.value) is kind
    assert not {"secretly", "sk-test"} & set(caught.value.message.split())


@pytest.mark.parametrize("status", ["429 Slow Down", "529 Overloaded"])
async def test_what_passes_is_asked_again_when_the_vendor_says(server, ask, slept, status):
    server.json(error("rate_limit_error"), status, "retry-after: 3")
    server.json(answer(TEXT))
    asked = ask(NAME)
    await asked.chat.complete(asked.request(HELLO))
    assert slept == [3.0]


async def test_a_prompt_that_is_too_long_is_counted(server, ask):
    """The message of https://github.com/boldsoftware/exe.dev/issues/62"""
    message = "prompt is too long: 200251 tokens > 200000 maximum"
    server.json(error("invalid_request_error", message), "400 Bad Request")
    asked = ask(NAME)
    with pytest.raises(ContextOverflow) as caught:
        await asked.chat.complete(asked.request(HELLO))
    assert (caught.value.prompt_tokens, caught.value.limit_tokens) == (200_251, 200_000)


TOOLS = (Tool("get_weather", "The weather of a place", {"type": "object"}, strict=True),)


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        (AnswerForm(TOOLS), None),
        (AnswerForm(TOOLS, ToolChoice("none"), parallel_tool_calls=False), {"type": "none"}),
        (AnswerForm(TOOLS, ToolChoice("required")), {"type": "any"}),
        (
            AnswerForm(TOOLS, ToolChoice("function", "get_weather"), parallel_tool_calls=True),
            {"type": "tool", "name": "get_weather"},
        ),
        (
            AnswerForm(TOOLS, parallel_tool_calls=False),
            {"type": "auto", "disable_parallel_tool_use": True},
        ),
    ],
)
async def test_the_choice_of_a_tool(server, make_anthropic, question, form, sent):
    """After https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools"""
    server.json(answer(TEXT))
    await make_anthropic().complete(replace(question, form=form))
    body = server.received[0].body
    assert body["tools"][0]["strict"] is True
    assert body.get("tool_choice") == sent


async def test_an_answer_after_a_schema(server, make_anthropic, question):
    """After https://platform.claude.com/docs/en/build-with-claude/structured-outputs"""
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    server.json(answer(TEXT))
    wanted = AnswerForm(response_format=ResponseFormat("json_schema", "n", "d", schema))
    await make_anthropic().complete(replace(question, form=wanted))
    assert server.received[0].body["output_config"] == {
        "format": {"type": "json_schema", "schema": schema}
    }


async def test_json_without_a_schema_is_refused_by_name(server, make_anthropic, question):
    wanted = AnswerForm(response_format=ResponseFormat("json_object"))
    with pytest.raises(ModelRejected, match="json_schema"):
        await make_anthropic().complete(replace(question, form=wanted))
    assert server.received == []
