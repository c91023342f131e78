"""Clients that never read what they asked for cost nobody else anything."""

import asyncio
import json
import statistics
import time

import aiohttp
from tests.chaos.call import Talk
from tests.support.house import House
from tests.support.oracle import Question

READERS = 40
QUESTION = Question("long", pieces=800, length=10_000)
ANSWER_BYTES = 8_000_000
MOST_BYTES_EACH = 1_500_000
"""A page of the log, whose characters take four bytes each in memory, and what the sockets' buffers
take; not the answer, which takes 32 megabytes."""

ASIDE = 60


async def _stall(url: str, turn_path: str) -> asyncio.StreamWriter:
    """Ask to follow a turn and never read a byte."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(f"GET {turn_path}/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    del reader
    return writer


async def _ask_aside(client: aiohttp.ClientSession, url: str) -> float:
    """The time that somebody else's turn takes, in the middle."""
    seconds = []
    for number in range(ASIDE):
        call = Talk(f"aside{number}").ask(stream=True, pieces=3, pace=0)
        began = time.monotonic()
        await call.make(client, url)
        assert call.answered
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


async def test_a_client_that_never_reads(house: House, client: aiohttp.ClientSession) -> None:
    url = house.server.url
    undisturbed = await _ask_aside(client, url)

    body = json.dumps({"user_id": "u", "message": str(QUESTION), "stream": True})
    headers = {"Content-Type": "application/json"}
    async with client.post(f"{url}/conversations/start", data=body, headers=headers) as response:
        path = f"/turns/{response.headers['Parlez-Turn-Id']}"
    async with asyncio.timeout(40):
        while (turn := await _look(client, url, path))["state"] != "completed":
            await asyncio.sleep(0.05)
    assert len(turn["text"]) == ANSWER_BYTES
    before = house.server.resident_bytes

    stalled = [await _stall(url, path) for _ in range(READERS)]
    try:
        await asyncio.sleep(1)
        disturbed = await _ask_aside(client, url)
        grown = house.server.resident_bytes - before
    finally:
        for writer in stalled:
            writer.transport.abort()
    assert grown < READERS * MOST_BYTES_EACH, f"{grown / READERS:,.0f} bytes each"
    assert disturbed < 3 * undisturbed + 0.02


async def test_slow_from_the_beginning(house: House, client: aiohttp.ClientSession) -> None:
    """A reader too slow for the tail in memory gets every character from the log."""
    url = house.server.url
    call = Talk("slow").ask(stream=True, pieces=3_000, length=300, pace=0.0)
    body = {"user_id": "u", "message": str(call.question), "stream": True}
    text = ""
    async with client.post(f"{url}/conversations/start", json=body) as response:
        async for line in response.content:
            if line.startswith(b'data: {"text"'):
                text += json.loads(line.removeprefix(b"data: "))["text"]
                if len(text) < 200_000:
                    await asyncio.sleep(0.005)
    assert text == call.question.answer


async def _look(client: aiohttp.ClientSession, url: str, path: str) -> dict[str, str]:
    async with client.get(url + path) as response:
        found: dict[str, str] = await response.json()
        return found
