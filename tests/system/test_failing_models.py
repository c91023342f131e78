"""A model server that fails in every way it can: the documented error, the message stays, and a
retry works."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.support.server import Running, run_server, text_of
from tests.support.wire_server import Act, WireServer, serve_wire

START = {"user_id": "1", "message": "a question of mine"}
HALF = {"choices": [{"index": 0, "delta": {"content": "Half of it"}, "finish_reason": None}]}
WHOLE = {
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "A whole answer"},
            "finish_reason": "stop",
        }
    ]
}
STREAMED = [
    {"choices": [{"index": 0, "delta": {"content": "A whole answer"}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]

Failure = Callable[[WireServer], None]


def error(message: str) -> dict[str, object]:
    """The body of https://platform.openai.com/docs/guides/error-codes, with what it may repeat."""
    return {"error": {"message": f"{message} sk-test secret", "type": "x", "code": None}}


FAILURES: dict[str, tuple[Failure, int, str]] = {
    "429": (lambda wire: wire.json(error("slow down"), "429 Too Many Requests"), 503, "overloaded"),
    "429 for long": (
        lambda wire: wire.json(error("no"), "429 Too Many Requests", "Retry-After: 300"),
        503,
        "overloaded",
    ),
    "500": (lambda wire: wire.json(error("oops"), "500 Internal Server Error"), 502, "failed"),
    "503": (lambda wire: wire.json(error("down"), "503 Service Unavailable"), 502, "failed"),
    "401": (lambda wire: wire.json(error("bad key"), "401 Unauthorized"), 503, "unavailable"),
    "400": (lambda wire: wire.json(error("odd"), "400 Bad Request"), 502, "rejected"),
    "nothing": (lambda wire: wire.raw(), 502, "failed"),
    "reset": (lambda wire: wire.raw(wire.reset), 502, "failed"),
    "silence": (lambda wire: wire.raw(wire.hang), 504, "timeout"),
    "garbage": (lambda wire: wire.raw(b"\x00\xff garbage \r\n\r\n"), 502, "failed"),
    "a page": (
        lambda wire: wire.raw(wire.head("200 OK", "text/html"), b"<html>Log in</html>"),
        502,
        "failed",
    ),
    "half an answer": (
        lambda wire: wire.raw(
            wire.head("200 OK", "application/json", "Content-Length: 900"), b'{"choices": ['
        ),
        502,
        "failed",
    ),
}


@pytest.fixture
async def wire() -> AsyncIterator[WireServer]:
    async with serve_wire() as wire:
        yield wire


@pytest.fixture
async def parlez(
    data_dir: Path, wire: WireServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    monkeypatch.setattr("parlez.providers.connection._BACKOFF", (0.001,))
    async with run_server(
        data_dir,
        openai_api_key="sk-test",
        openai_base_url=wire.base_url,
        first_token_seconds=2,
        between_tokens_seconds=2,
        turn_seconds=3,
    ) as running:
        yield running


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failing_model(
    parlez: Running, wire: WireServer, failure: str, stream: bool
) -> None:
    fail, status, code = FAILURES[failure]
    fail(wire)
    headers = {"Idempotency-Key": "k"}
    body = {**START, "stream": stream}
    if stream:
        events = await parlez.stream("POST", "/conversations/start", body, headers=headers)
        assert [event.type for event in events[-2:]] == ["error-raised", "turn-ended"]
        told = events[-2].data
        conversation = f"/conversations/{events[0].data['conversation_id']}"
    else:
        answer = await parlez.call("POST", "/conversations/start", body, headers=headers)
        assert answer.status == status
        told = {"message": answer.body["detail"], "code": answer.body["code"]}
        conversation = f"/conversations/{answer.headers['parlez-conversation-id']}"
    assert code in told["code"]
    assert "sk-test" not in told["message"]
    assert START["message"] not in told["message"]

    history = (await parlez.call("GET", conversation)).body["messages"]
    assert [(message["role"], message["content"]) for message in history] == [
        ("user", START["message"])
    ]

    wire.answers.clear()
    wire.json(WHOLE)
    again = await parlez.call(
        "POST", "/conversations/start", {**body, "stream": False}, headers=headers
    )
    assert again.body["reply"] == "A whole answer"
    history = (await parlez.call("GET", conversation)).body["messages"]
    assert [message["content"] for message in history] == [START["message"], "A whole answer"]


@pytest.mark.parametrize("ending", ["close", "reset", "silence", "garbage", "error"])
async def test_half_a_stream(parlez: Running, wire: WireServer, ending: str) -> None:
    rests: dict[str, Act] = {
        "close": b"",
        "reset": wire.reset,
        "silence": wire.hang,
        "garbage": b"data: {nonsense\n\n",
        "error": wire.event(error("it broke")),
    }
    wire.raw(wire.head("200 OK", "text/event-stream"), wire.event(HALF), rests[ending])
    headers = {"Idempotency-Key": "k"}
    body = {**START, "stream": True}
    events = await parlez.stream("POST", "/conversations/start", body, headers=headers)
    assert text_of(events) == "Half of it"
    assert [event.type for event in events[-2:]] == ["error-raised", "turn-ended"]
    conversation = f"/conversations/{events[0].data['conversation_id']}"
    history = (await parlez.call("GET", conversation)).body["messages"]
    assert [(message["content"], message["state"]) for message in history] == [
        (START["message"], "completed"),
        ("Half of it", "failed"),
    ]
    wire.answers.clear()
    wire.events(*STREAMED)
    again = await parlez.stream("POST", "/conversations/start", body, headers=headers)
    assert text_of(again) == "A whole answer"
    history = (await parlez.call("GET", conversation)).body["messages"]
    assert [message["content"] for message in history] == [START["message"], "A whole answer"]


async def test_a_busy_model_says_when_to_come_back(parlez: Running, wire: WireServer) -> None:
    wire.json(error("no"), "429 Too Many Requests", "Retry-After: 300")
    answer = await parlez.call("POST", "/conversations/start", START)
    assert answer.status == 503
    assert answer.headers["retry-after"] == "300"
