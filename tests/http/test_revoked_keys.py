"""A revoked key: its streams end and its turns stop, and nobody else's."""

import asyncio

from tests.support.server import Event, Running, events_of
from tests.support.vendor import Reply, Vendor

START = {"user_id": "1", "message": "Hi", "stream": True}


async def follow(parlez: Running, headers: dict[str, str]) -> list[Event]:
    url = f"{parlez.url}/conversations/start"
    async with parlez.client.post(url, json=START, headers=headers) as response:
        return [event async for event in events_of(response)]


async def test_its_open_streams_end_and_its_turns_stop(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["on "] * 40, delay=0.02)
    made = await parlez.call("POST", "/api/keys", {"name": "k"})
    theirs = asyncio.create_task(follow(parlez, {"Authorization": f"Bearer {made.body['key']}"}))
    ours = asyncio.create_task(follow(parlez, {}))
    await asyncio.sleep(0.2)
    await parlez.call("DELETE", f"/api/keys/{made.body['id']}")
    events = await asyncio.wait_for(theirs, 1)
    assert events[-1].type in ("error", "turn-ended")
    assert events[-1].data.get("state") != "completed"
    assert (await ours)[-1].data["state"] == "completed"
    assert parlez.services.engine.open_turns == 0


async def test_a_silent_stream_of_a_revoked_key_ends_too(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["much later"], delay=30)
    started = await parlez.stream("POST", "/conversations/start", START, most=1)
    assert started
    turn_id = next(iter(parlez.services.engine._live)).turn.id
    made = await parlez.call("POST", "/api/keys", {"name": "k"})
    headers = {"Authorization": f"Bearer {made.body['key']}"}

    async def watch() -> list[Event]:
        url = f"{parlez.url}/turns/{turn_id}/events"
        async with parlez.client.get(url, headers=headers) as response:
            return [event async for event in events_of(response)]

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.2)
    await parlez.call("DELETE", f"/api/keys/{made.body['id']}")
    events = await asyncio.wait_for(watching, 1)
    assert events[-1].type == "error"
    assert events[-1].data["code"] == "unauthenticated"
    assert parlez.services.engine.open_turns == 1, "the turn is the owner's"
