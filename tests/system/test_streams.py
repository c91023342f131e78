"""Streams that survive their connections."""

import asyncio
from pathlib import Path

import pytest
from tests.support.server import Event, Running, events_of, run_server, text_of
from tests.support.vendor import Reply, Vendor

from parlez.http import turn_answers

START = {"user_id": "1", "message": "Hi", "stream": True}


@pytest.fixture
def server_database(database_url: str) -> str | None:
    """Streams are the same on each kind of database."""
    return database_url


def numbers(events: list[Event]) -> list[int]:
    return [int(event.id.split(".")[0]) for event in events]


async def start(parlez: Running, most: int) -> tuple[str, list[Event]]:
    """The path of a new turn, and its first events, after which the connection is dropped."""
    async with parlez.client.post(f"{parlez.url}/conversations/start", json=START) as response:
        path = f"/turns/{response.headers['Parlez-Turn-Id']}"
        events: list[Event] = []
        async for event in events_of(response):
            events.append(event)
            if len(events) == most:
                break
    return path, events


async def test_a_dropped_stream_goes_on_where_it_was(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply([f"piece {n} " for n in range(20)], delay=0.005)
    whole = vendor.reply("").text
    for cut in (1, 2, 4, 6):
        path, events = await start(parlez, cut)
        events += await parlez.stream(
            "GET", f"{path}/events", headers={"Last-Event-ID": events[-1].id}
        )
        assert text_of(events) == whole
        assert numbers(events) == list(range(1, len(events) + 1))
        assert events[-1].data["state"] == "completed"


async def test_a_client_that_leaves_does_not_stop_its_turn(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["slowly "] * 10, delay=0.01)
    path, _ = await start(parlez, 1)
    events = await parlez.stream("GET", f"{path}/events")
    assert text_of(events) == "slowly " * 10
    assert (await parlez.call("GET", path)).body["state"] == "completed"


async def test_past_the_end_there_is_nothing(parlez: Running) -> None:
    path, events = await start(parlez, 1000)
    answer = await parlez.call("GET", f"{path}/events", headers={"Last-Event-ID": events[-1].id})
    assert answer.status == 204
    again = await parlez.stream("GET", f"{path}/events")
    assert [event.id for event in again] == [event.id for event in events]


@pytest.mark.parametrize("wrong", ["x", "1", "1.x", "-1.0", "1.2.3", "9" * 30 + ".1"])
async def test_a_wrong_last_event_id_is_refused(parlez: Running, wrong: str) -> None:
    path, _ = await start(parlez, 1000)
    answer = await parlez.call("GET", f"{path}/events", headers={"Last-Event-ID": wrong})
    assert answer.status == 400
    assert answer.body["error"]["code"] == "invalid_input"


async def test_a_stopped_stream_ends(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["on and "] * 1000, delay=0.005)
    path, events = await start(parlez, 5)
    stopped = await parlez.call("POST", f"{path}/stop")
    assert stopped.body["state"] == "stopped"
    events += await parlez.stream("GET", f"{path}/events", headers={"Last-Event-ID": events[-1].id})
    assert events[-1].data == {"state": "stopped", "reason": "stopped"}
    assert text_of(events) == stopped.body["text"]


async def test_a_silent_stream_is_kept_alive(
    parlez: Running, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_answers, "HEARTBEAT_SECONDS", 0.05)
    vendor.reply = lambda text: Reply(["at last"], delay=0.3)
    async with parlez.client.post(f"{parlez.url}/conversations/start", json=START) as response:
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["Cache-Control"] == "no-store"
        raw = await response.text()
    assert 3 <= raw.count(":\n\n") <= 7
    assert raw.endswith("\n\n")


async def test_bytes_are_proportional_to_the_text(parlez: Running, vendor: Vendor) -> None:
    sizes = []
    for length in (200, 2_000):
        vendor.reply = lambda text, length=length: Reply(["x" * 10] * length)  # type: ignore[misc]
        async with parlez.client.post(f"{parlez.url}/conversations/start", json=START) as response:
            sizes.append(len(await response.read()))
    assert sizes[1] <= 10 * sizes[0]


async def test_shutting_down_tells_followers_to_come_back(
    data_dir: Path, vendor: Vendor, database_url: str
) -> None:
    vendor.reply = lambda text: Reply(["slow "] * 1000, delay=0.01)
    fields = {
        "openai_api_key": "sk-test",
        "openai_base_url": vendor.url,
        "database_url": database_url,
    }
    async with run_server(data_dir, **fields) as parlez:
        async with parlez.client.post(f"{parlez.url}/conversations/start", json=START) as response:
            path = f"/turns/{response.headers['Parlez-Turn-Id']}"
            received = events_of(response)
            events = [await anext(received) for _ in range(5)]
            parlez.services.engine.release_followers()
            events += [event async for event in received]
    assert events.pop().type == "resume"
    async with run_server(data_dir, **fields) as parlez:
        events += await parlez.stream(
            "GET", f"{path}/events", headers={"Last-Event-ID": events[-1].id}
        )
        ended = await parlez.call("GET", path)
    assert events[-1].data["state"] == "interrupted"
    assert text_of(events) == ended.body["text"] != ""
    assert numbers(events) == list(range(1, len(events) + 1))


async def test_an_interrupted_turn_is_answered_on_a_second_try(
    data_dir: Path, vendor: Vendor, database_url: str
) -> None:
    vendor.reply = lambda text: Reply(["slow "] * 1000, delay=0.01)
    fields = {
        "openai_api_key": "sk-test",
        "openai_base_url": vendor.url,
        "database_url": database_url,
    }
    headers = {"Idempotency-Key": "k"}
    async with run_server(data_dir, **fields) as parlez:
        asked = asyncio.create_task(
            parlez.call("POST", "/conversations/start", {**START, "stream": False}, headers=headers)
        )
        while not vendor.asked:
            await asyncio.sleep(0.01)
        await parlez.services.engine.close(0)
        refused = await asked
    assert refused.status == 503
    assert refused.body["code"] == "interrupted"
    assert "parlez-turn-id" in refused.headers
    vendor.reply = lambda text: Reply(["quick"])
    async with run_server(data_dir, **fields) as parlez:
        answer = await parlez.call(
            "POST", "/conversations/start", {**START, "stream": False}, headers=headers
        )
        assert answer.body["reply"] == "quick"
        path = f"/conversations/{answer.body['conversation_id']}"
        history = await parlez.call("GET", path)
        assert [message["content"] for message in history.body["messages"]] == ["Hi", "quick"]
