"""Whole answers, after https://platform.openai.com/docs/api-reference/chat/object"""

import pytest

from parlez.core.errors import ModelFailed, ModelOverloaded, ModelTimeout
from parlez.core.events import ToolCalled, Usage
from parlez.core.ports.chat_model import Finished
from parlez.providers import connection
from parlez.providers.timeouts import Timeouts

USAGE = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


def answer(message, finish_reason="stop", **fields):
    return {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": 1741569952,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        ],
        **fields,
    }


async def test_the_documented_answer(server, chat, question):
    message = {"role": "assistant", "content": "Hello! How can I assist you today?"}
    server.json(answer({**message, "refusal": None, "annotations": []}, usage=USAGE))
    completion = await chat.complete(question)
    assert completion.text == "Hello! How can I assist you today?"
    assert completion.tool_calls == ()
    assert completion.finished == Finished("stop", Usage(19, 10))


async def test_tool_calls(server, chat, question):
    function = {"name": "get_current_weather", "arguments": '{\n"location": "Boston, MA"\n}'}
    call = {"id": "call_abc123", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    server.json(answer(message, "tool_calls"))
    completion = await chat.complete(question)
    assert completion.text == ""
    assert completion.tool_calls == (
        ToolCalled("call_abc123", "get_current_weather", '{\n"location": "Boston, MA"\n}'),
    )
    assert completion.finished == Finished("tool_calls", None)


async def test_a_call_without_an_id_gets_one(server, chat, question):
    call = {"function": {"name": "now"}}
    server.json(answer({"content": "", "tool_calls": [call, call]}))
    completion = await chat.complete(question)
    first, second = completion.tool_calls
    assert first.call_id != second.call_id
    assert (first.name, first.arguments) == ("now", "{}")
    assert completion.finished.reason == "tool_calls"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("function_call", "tool_calls"),
        ("model_length", "length"),
        ("eos", "stop"),
        (None, "stop"),
    ],
)
async def test_finish_reasons(server, chat, question, theirs, ours):
    server.json(answer({"content": "Hm"}, theirs))
    assert (await chat.complete(question)).finished.reason == ours


async def test_a_refusal_is_the_answer(server, chat, question):
    server.json(answer({"content": None, "refusal": "I cannot help with that."}))
    assert (await chat.complete(question)).text == "I cannot help with that."


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": 1}, "many"]
)
async def test_usage_that_makes_no_sense_counts_as_unreported(server, chat, question, usage):
    server.json(answer({"content": "Hm"}, usage=usage))
    assert (await chat.complete(question)).finished.usage is None


async def test_text_that_no_database_takes_is_replaced(server, chat, question):
    server.json(rb'{"choices":[{"message":{"content":"a\u0000b \ud83d\ude00 \ud83d!"}}]}')
    assert (await chat.complete(question)).text == "a\ufffdb \U0001f600 \ufffd!"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Hello",
        b"[]",
        b"null",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": [{"message": {"content": ["x"]}}]}',
        b'{"choices": [{"message": {"content": "", "tool_calls": [{"id": "1"}]}}]}',
        b'{"choices": [{"message": {"content": "cut',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
        b"[" * 100_000,
    ],
    ids=range(14),
)
async def test_garbage_is_a_failure(server, chat, question, body):
    server.json(body)
    with pytest.raises(ModelFailed, match="not a chat completion"):
        await chat.complete(question)
    assert len(server.received) == 1


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/octet-stream"])
async def test_a_page_is_a_failure_even_with_status_200(server, chat, question, kind):
    page = b'{"choices": [{"message": {"content": "Welcome to the hotel"}}]}'
    server.raw(server.head("200 OK", kind), page)
    with pytest.raises(ModelFailed, match="OPENAI_BASE_URL") as caught:
        await chat.complete(question)
    assert "hotel" not in caught.value.message


async def test_an_error_with_status_200_is_an_error(server, chat, question):
    server.json({"error": {"message": "secretly", "type": "rate_limit_error"}})
    with pytest.raises(ModelOverloaded) as caught:
        await chat.complete(question)
    assert "secretly" not in caught.value.message


@pytest.mark.parametrize("cut", ["close", "reset"])
async def test_an_answer_that_breaks_off_is_a_failure_and_not_asked_for_again(
    server, chat, question, cut
):
    acts = [server.reset] if cut == "reset" else []
    server.raw(server.head("200 OK", "application/json", "Content-Length: 500"), b'{"choi', *acts)
    with pytest.raises(ModelFailed):
        await chat.complete(question)
    assert len(server.received) == 1


async def test_an_endless_answer_is_cut(server, chat, question, monkeypatch):
    monkeypatch.setattr(connection, "MAX_ANSWER_BYTES", 1000)
    server.raw(server.head("200 OK", "application/json"), b'"' + b"x" * 2000, server.hang)
    with pytest.raises(ModelFailed, match="more than can be taken in"):
        await chat.complete(question)


async def test_a_slow_answer_times_out(server, make_chat, question):
    server.raw(server.head("200 OK", "application/json"), server.hang)
    with pytest.raises(ModelTimeout):
        await make_chat(Timeouts(whole=0.1)).complete(question)
    server.raw(server.hang)
    with pytest.raises(ModelTimeout):
        await make_chat(Timeouts(whole=0.1)).complete(question)
    assert len(server.received) == 2
