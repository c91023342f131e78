"""What somebody wrote is in no log line, no metric and no error."""

import io
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.support.server import Running, run_server
from tests.support.sockets import main_port, talking
from tests.support.wire_server import WireServer, serve_wire

from parlez.http.logs import configure_logs

MARKER = "xyzzy-4711-marker"
MARKED_KEY = "pz_0123456789abcdef_" + MARKER.ljust(43, "x")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs("debug", "json")
    yield written
    structlog.reset_defaults()


@pytest.fixture
async def wire() -> AsyncIterator[WireServer]:
    """A vendor that fails, and repeats the question while it does."""
    async with serve_wire() as wire:
        error = {"error": {"message": f"{MARKER} is odd", "type": "odd", "param": MARKER}}
        wire.json(error, "400 Bad Request")
        yield wire


@pytest.fixture
async def parlez(log: io.StringIO, data_dir: Path, wire: WireServer) -> AsyncIterator[Running]:
    async with run_server(
        data_dir, openai_api_key=f"sk-{MARKER}", openai_base_url=wire.base_url
    ) as running:
        yield running


async def test_a_marker_sent_through_every_failing_route(parlez: Running, log: io.StringIO) -> None:
    failed = 0
    document = (await parlez.call("GET", "/openapi.json")).body
    bodies = [
        {"message": MARKER, "user_id": MARKER},
        {"message": [MARKER], "user_id": {"a": MARKER}},
        {"message": f"{MARKER}\0", "user_id": "1"},
        {"message": MARKER, "conversation_id": MARKER, "api_key": MARKER},
        {"message": MARKER, "api_key": MARKED_KEY},
        {"name": [MARKER], "scopes": [MARKER]},
        {"username": MARKER, "password": MARKER[:5]},
        [MARKER],
        MARKER,
    ]
    headers: list[dict[str, str]] = [
        {"Authorization": f"Bearer {MARKED_KEY}"},
        {"Authorization": f"Basic {MARKER}"},
        {"X-API-Key": MARKER},
        {"Idempotency-Key": MARKER * 20},
        {"Last-Event-ID": MARKER},
        {"Origin": f"https://{MARKER}"},
    ]
    for template, operations in document["paths"].items():
        path = "/".join(MARKER if "{" in part else part for part in template.split("/"))
        for method in operations:
            takes = bodies if "requestBody" in operations[method] else [None]
            # What a body has and what a header has are read one after the other.
            tried: list[tuple[dict[str, str], Any]] = [({}, body) for body in takes]
            tried += [(sent, takes[0]) for sent in headers]
            for sent, body in tried:
                answer = await parlez.call(method.upper(), path, body, headers=sent)
                if answer.status >= 400:
                    failed += 1
                    assert MARKER not in str(answer.body), (method, path, sent, body)
    broken = await parlez.call(
        "POST",
        "/chat",
        data=f'{{"message": "{MARKER}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert broken.status == 400
    assert MARKER not in str(broken.body)
    unknown = await parlez.call("GET", f"/{MARKER}?{MARKER}={MARKER}")
    assert MARKER not in str(unknown.body)
    assert failed > 100
    metrics = await parlez.call("GET", "/metrics")
    assert MARKER not in metrics.body.decode()
    assert '"route": "/chat"' in log.getvalue()
    assert MARKER not in log.getvalue()


async def test_nor_does_a_bug_tell(
    parlez: Running, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fall_over(*_: object, **__: object) -> None:
        raise RuntimeError(MARKER)

    monkeypatch.setattr(parlez.services.engine._store, "start", fall_over)
    body = {"user_id": "1", "message": MARKER}
    answer = await parlez.call("POST", "/conversations/start", body)
    assert answer.status == 500
    assert MARKER not in str(answer.body)
    assert "RuntimeError in fall_over" in log.getvalue()
    assert MARKER not in log.getvalue()


async def test_nor_what_is_said_over_a_socket(parlez: Running, log: io.StringIO) -> None:
    """The address with its key least of all."""
    url = main_port(parlez)
    told = []
    for options in (
        {"params": {"api_key": MARKED_KEY}},
        {"headers": {"X-API-Key": MARKER}},
        {"protocols": ["parlez", f"ticket.{MARKER}"]},
    ):
        async with talking(url, parlez.client, **options) as talker:
            assert (await talker.ends())[1] == 4401
            told += talker.got
    for message in (
        {"type": "message", "message": MARKER},
        {"type": "message", "message": MARKER, "conversation_id": MARKER},
        {"type": "message", "message": [MARKER]},
        {"type": MARKER},
        {"type": "audio", "audio_data": MARKER, "tts_voice": MARKER, "stt_provider": MARKER},
    ):
        async with talking(url, parlez.client) as talker:
            await talker.init(user_id="me")
            await talker.ws.send_json(message)
            await talker.until("error")
            told += talker.got
    assert len(told) > 10
    assert MARKER not in str(told)
    metrics = await parlez.call("GET", "/metrics")
    assert MARKER not in metrics.body.decode()
    assert MARKER not in log.getvalue()


async def test_nor_is_the_address_of_an_app_told(
    parlez: Running, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await parlez.call("POST", "/api/apps", {"name": "x", "models": ["gpt-4"]})
    address = made.body["url"].rpartition("/")[2]
    headers = {"x-vanusai-model": "gpt-4", "x-vanusai-sessionid": "0" * 32}
    tried = 0
    for place in (f"/apps/{address}", f"/api/v1/{address}"):
        for rest in ("", "/", "/nothing", "/turns/x/events", "/turns/x/stop", "/chat"):
            for method in ("GET", "POST", "DELETE", "OPTIONS"):
                for sent in (headers, {}, {**headers, "Origin": "https://evil.example"}):
                    body = {"prompt": MARKER} if method == "POST" else None
                    answer = await parlez.call(method, place + rest, body, headers=sent)
                    tried += answer.status >= 400
                    assert address not in str(answer.headers)
                    if answer.status >= 400:
                        assert address not in str(answer.body), (method, rest)

    async def fall_over(*_: object, **__: object) -> None:
        raise RuntimeError(address)

    monkeypatch.setattr(parlez.services.engine, "start", fall_over)
    bug = await parlez.call("POST", f"/apps/{address}", {"prompt": "Hi"}, headers=headers)
    assert (bug.status, address in str(bug.body)) == (500, False)
    assert tried > 100
    metrics = await parlez.call("GET", "/metrics")
    assert address not in metrics.body.decode()
    assert "RuntimeError in fall_over" in log.getvalue()
    assert address not in log.getvalue()
