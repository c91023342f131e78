"""Streams, after https://platform.openai.com/docs/api-reference/chat-streaming"""

import asyncio
from contextlib import aclosing

import pytest

from parlez.core.errors import ContextOverflow, ModelFailed, ModelOverloaded, ModelTimeout
from parlez.core.events import TextDelta, ToolCalled, Usage
from parlez.core.ports.chat_model import Finished
from parlez.providers import connection, wire_chat
from parlez.providers.timeouts import Timeouts


def chunk(delta=None, finish_reason=None, **fields):
    return {
        "id": "chatcmpl-123",
        "object": "chat.completion.chunk",
        "created": 1694268190,
        "model": "gpt-4o-mini",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [
            {"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish_reason}
        ],
        "usage": None,
        **fields,
    }


def text(content):
    return chunk({"content": content})


STOP = chunk({}, "stop")
USAGE = chunk(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21})


async def collect(chat, question):
    return [event async for event in chat.stream(question)]


async def test_the_documented_stream(server, chat, question):
    first = chunk({"role": "assistant", "content": ""})
    server.events(first, text("Hello"), text("!"), STOP, USAGE)
    assert await collect(chat, question) == [
        TextDelta("Hello"),
        TextDelta("!"),
        Finished("stop", Usage(9, 12)),
    ]


async def test_text_comes_when_it_was_sent_and_not_later(server, chat, question):
    server.raw(server.head("200 OK", "text/event-stream"), server.event(text("Hel")), server.hang)
    async with aclosing(chat.stream(question)) as events:
        async with asyncio.timeout(2):
            assert await anext(events) == TextDelta("Hel")


@pytest.mark.parametrize("size", [1, 7])
async def test_events_split_anywhere(server, chat, question, size):
    data = b": ping\r\n\r\n" + b"".join(
        server.event(each) for each in (text("na\xefve \U0001f600"), STOP, USAGE, b"[DONE]")
    )
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    head = server.head("200 OK", "text/event-stream; charset=utf-8", "Transfer-Encoding: chunked")
    server.raw(head, *chunks, b"0\r\n\r\n")
    assert await collect(chat, question) == [
        TextDelta("na\xefve \U0001f600"),
        Finished("stop", Usage(9, 12)),
    ]


async def test_tool_calls_come_whole_and_last(server, chat, question):
    """After https://platform.openai.com/docs/guides/function-calling#streaming"""

    def call(index, **fields):
        return chunk({"tool_calls": [{"index": index, **fields}]})

    server.events(
        text("Let me see."),
        call(0, id="call_a", type="function", function={"name": "weather", "arguments": ""}),
        call(1, id="call_b", type="function", function={"name": "time", "arguments": "{}"}),
        call(0, function={"arguments": '{"city":'}),
        call(0, function={"arguments": '"Rome"}'}),
        chunk({}, "tool_calls"),
    )
    assert await collect(chat, question) == [
        TextDelta("Let me see."),
        ToolCalled("call_a", "weather", '{"city":"Rome"}'),
        ToolCalled("call_b", "time", "{}"),
        Finished("tool_calls", None),
    ]


async def test_whole_tool_calls_without_an_index_are_told_apart(server, chat, question):
    def call(name):
        return chunk({"tool_calls": [{"id": name, "function": {"name": name, "arguments": "{}"}}]})

    server.events(call("a"), call("b"), STOP)
    assert await collect(chat, question) == [
        ToolCalled("a", "a", "{}"),
        ToolCalled("b", "b", "{}"),
        Finished("tool_calls", None),
    ]


async def test_half_a_character_waits_for_its_other_half(server, chat, question):
    halves = [
        rb'{"choices":[{"delta":{"content":"%b"}}]}' % half for half in (rb"a\ud83d", rb"\ude00b")
    ]
    server.events(*halves, STOP)
    assert (await collect(chat, question))[:-1] == [TextDelta("a"), TextDelta("\U0001f600b")]


async def test_a_half_that_waits_in_vain_and_a_nul_are_replaced(server, chat, question):
    server.events(
        rb'{"choices":[{"delta":{"content":"x\u0000y\ud83d"}}]}',
        text("z"),
        rb'{"choices":[{"delta":{"content":"\ude00\ud83d"}}]}',
        STOP,
    )
    said = [event.text for event in (await collect(chat, question))[:-1]]
    assert said == ["x\ufffdy", "\ufffdz", "\ufffd", "\ufffd"]


@pytest.mark.parametrize(
    ("end", "done"), [(STOP, False), (text("."), True)], ids=["no [DONE]", "no finish reason"]
)
async def test_either_end_is_an_end(server, chat, question, end, done):
    server.events(text("Hello"), end, done=done)
    assert (await collect(chat, question))[-1] == Finished("stop", None)


@pytest.mark.parametrize("cut", ["close", "half an event", "reset", "half a chunk"])
async def test_a_stream_that_breaks_off_says_what_it_has_and_fails(server, chat, question, cut):
    encoding = ["Transfer-Encoding: chunked"] if cut == "half a chunk" else []
    event = server.event(text("Hello"))
    start = b"%x\r\n%b\r\n" % (len(event), event) if encoding else event
    rest = {
        "close": [],
        "half an event": [b'data: {"choices":[{"delta":{"con'],
        "reset": [lambda _: asyncio.sleep(0.05), server.reset],
        "half a chunk": [b"ff\r\ndata: {"],
    }[cut]
    server.raw(server.head("200 OK", "text/event-stream", *encoding), start, *rest)
    said = []
    with pytest.raises(ModelFailed, match="broke off"):
        async for event in chat.stream(question):
            said.append(event)
    assert said == [TextDelta("Hello")]
    assert len(server.received) == 1


async def test_losing_only_the_usage_loses_nothing_that_was_said(server, chat, question):
    events = server.event(text("Hello")) + server.event(STOP)
    server.raw(server.head("200 OK", "text/event-stream", "Content-Length: 9999"), events)
    assert await collect(chat, question) == [TextDelta("Hello"), Finished("stop", None)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "secretly", "type": "server_error", "code": None}, ModelFailed),
        ({"message": "secretly", "code": "rate_limit_exceeded"}, ModelOverloaded),
        ({"message": "secretly", "code": "context_length_exceeded"}, ContextOverflow),
        ("secretly", ModelFailed),
    ],
    ids=["server", "rate", "context", "text"],
)
async def test_an_error_within_the_stream(server, chat, question, error, kind):
    server.events(text("Hello"), {"error": error})
    said = []
    with pytest.raises(kind) as caught:
        async for event in chat.stream(question):
            said.append(event)
    assert said == [TextDelta("Hello")]
    assert "secretly" not in caught.value.message


@pytest.mark.parametrize(
    "data", [b"{", b"7", b'"x"', b'{"choices": [7]}', b"[" * 100_000], ids=range(5)
)
async def test_garbage_is_a_failure(server, chat, question, data):
    server.events(data)
    with pytest.raises(ModelFailed, match="not a chat completion"):
        await collect(chat, question)


async def test_a_page_is_a_failure(server, chat, question):
    server.raw(server.head("200 OK", "text/html"), b"<html>")
    with pytest.raises(ModelFailed, match="OPENAI_BASE_URL"):
        await collect(chat, question)


async def test_a_whole_answer_is_taken_where_a_stream_was_asked_for(server, chat, question):
    server.json({"choices": [{"message": {"content": "Hello"}, "finish_reason": "length"}]})
    assert await collect(chat, question) == [TextDelta("Hello"), Finished("length", None)]


@pytest.mark.parametrize("limit", ["line", "whole"])
async def test_an_endless_stream_is_cut(server, chat, question, monkeypatch, limit):
    monkeypatch.setattr(wire_chat, "MAX_EVENT_BYTES", 1000 if limit == "line" else 10**6)
    monkeypatch.setattr(connection, "MAX_ANSWER_BYTES", 1000 if limit == "whole" else 10**6)
    server.raw(server.head("200 OK", "text/event-stream"), b"data: " + b"x" * 2000, server.hang)
    with pytest.raises(ModelFailed, match="more than can be taken in"):
        await collect(chat, question)


async def test_silence_times_out(server, make_chat, question):
    server.raw(server.head("200 OK", "text/event-stream"), server.event(text("Hm")), server.hang)
    said = []
    with pytest.raises(ModelTimeout):
        async for event in make_chat(Timeouts(silence=0.1)).stream(question):
            said.append(event)
    assert said == [TextDelta("Hm")]


async def test_leaving_a_stream_closes_its_connection(server, chat, question):
    server.raw(server.head("200 OK", "text/event-stream"), server.event(text("Hm")), server.hang)
    async with aclosing(chat.stream(question)) as events:
        await anext(events)
    async with asyncio.timeout(2):
        await server.gone.wait()


@pytest.mark.parametrize("begun", [True, False])
async def test_cancelling_closes_the_connection_and_is_not_swallowed(server, chat, question, begun):
    head = [server.head("200 OK", "text/event-stream")] if begun else []
    server.raw(*head, server.hang)
    task = asyncio.create_task(collect(chat, question))
    while not server.received:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2):
        await server.gone.wait()


@pytest.mark.parametrize("held_back", [False, True])
async def test_a_connection_is_used_again_after_a_stream(server, chat, question, held_back):
    server.keep_open()
    event = server.event(STOP) + server.event(b"[DONE]")
    pause = [lambda _: asyncio.sleep(0.01)] if held_back else []
    head = server.head("200 OK", "text/event-stream", "Transfer-Encoding: chunked")
    server.raw(head, b"%x\r\n%b\r\n" % (len(event), event), *pause, b"0\r\n\r\n")
    await collect(chat, question)
    await collect(chat, question)
    assert (len(server.received), server.connections) == (2, 1)


async def test_a_vendor_that_never_hangs_up_is_not_waited_for(server, chat, question):
    events = server.event(STOP) + server.event(b"[DONE]")
    server.raw(server.head("200 OK", "text/event-stream"), events, server.hang)
    async with asyncio.timeout(2):
        assert await collect(chat, question) == [Finished("stop", None)]
