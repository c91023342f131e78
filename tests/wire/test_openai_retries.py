"""Asking again, after https://platform.openai.com/docs/guides/rate-limits"""

import asyncio

import pytest

from parlez.core.errors import ModelFailed, ModelOverloaded
from parlez.core.events import TextDelta

HELLO = {"choices": [{"message": {"content": "Hello!"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("status", ["429 Slow Down", "500 Oops", "502 Bad", "503 Busy", "504 Late"])
async def test_a_passing_failure_is_asked_again(server, chat, question, slept, status):
    server.json({}, status)
    server.json(HELLO)
    assert (await chat.complete(question)).text == "Hello!"
    assert len(server.received) == 2
    assert 0.125 <= slept[0] <= 0.25
    first, second = server.received
    assert first.body == second.body


@pytest.mark.parametrize("failure", ["close", "reset", "half a head", "garbage"])
async def test_a_connection_that_breaks_before_the_answer_is_made_again(
    server, chat, question, failure
):
    acts = {
        "close": [],
        "reset": [server.reset],
        "half a head": [b"HTTP/1.1 200 OK\r\nContent-Ty"],
        "garbage": [b"\x00\x01\x02 what\r\n\r\n"],
    }[failure]
    server.raw(*acts)
    server.json(HELLO)
    events = [event async for event in chat.stream(question)]
    assert events[0] == TextDelta("Hello!")
    assert len(server.received) == 2


async def test_two_more_tries_and_no_third(server, chat, question, slept):
    server.json({}, "500 Oops")
    with pytest.raises(ModelFailed):
        await chat.complete(question)
    assert len(server.received) == 3
    assert 0.125 <= slept[0] <= 0.25
    assert 0.5 <= slept[1] <= 1.0


@pytest.mark.parametrize(
    ("header", "wait"),
    [("Retry-After: 7", 7.0), ("Retry-After: 0", 0.0), ("retry-after-ms: 150", 0.15)],
)
async def test_the_vendor_says_how_long_to_wait(server, chat, question, slept, header, wait):
    server.json({}, "429 Slow Down", header)
    server.json(HELLO)
    await chat.complete(question)
    assert slept == [wait]


async def test_a_long_wait_is_left_to_the_caller(server, chat, question, slept):
    server.json({}, "429 Slow Down", "Retry-After: 21")
    with pytest.raises(ModelOverloaded) as caught:
        await chat.complete(question)
    assert caught.value.retry_after == 21.0
    assert (len(server.received), slept) == (1, [])


async def test_a_vendor_that_is_never_asked_again(server, make_chat, question):
    server.json({}, "500 Oops")
    with pytest.raises(ModelFailed):
        await make_chat(retries=0).complete(question)
    assert len(server.received) == 1


async def test_an_error_that_never_ends_still_has_its_status(server, chat, question):
    server.raw(server.head("429 Slow Down", "application/json"), b"{" * 200_000)
    with pytest.raises(ModelOverloaded):
        await asyncio.wait_for(chat.complete(question), 5)


async def test_many_questions_at_once(server, chat, question):
    server.keep_open()
    server.json(HELLO)
    answers = await asyncio.gather(*(chat.complete(question) for _ in range(100)))
    assert [answer.text for answer in answers] == ["Hello!"] * 100
