"""Thousands of streamed turns whose clients vanish leave nothing behind."""

import asyncio
import gc
import json
import os
import random
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.oracle import Question
from tests.support.server import Running, run_server
from tests.support.stored import Stored

TURNS = {"sqlite": 10_000, "postgresql": 5_000}
WARM_UP = 1_500
AT_ONCE = 100
MOST_GROWTH_BYTES = 25_000_000
"""A task, a connection and a turn in memory are some 30 kB together: were each of the turns after
the warm-up to leave its own, it would be four or ten times as much."""


class Crowd:
    """Clients that begin a streamed turn and go away: before the answer begins, amid it, or at its
    end; some with a farewell, some without."""

    def __init__(self, url: str, key: str, chance: random.Random):
        host, port = url.removeprefix("http://").split(":")
        self._key = key
        self._address = (host, int(port))
        self._chance = chance
        self._begun = 0

    async def come(self, number: int) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for _ in range(number):
                await room.acquire()
                group.create_task(self._visit()).add_done_callback(lambda _: room.release())

    async def _visit(self) -> None:
        self._begun += 1
        question = Question(f"v{self._begun}", pieces=6, length=20, pace=0.002)
        body = json.dumps({"user_id": "u", "message": str(question), "stream": True}).encode()
        head = (
            "POST /conversations/start HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"X-API-Key: {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            writer.write(head.encode() + body)
            # Some want more events than there are.
            with suppress(asyncio.IncompleteReadError):
                await self._listen(reader)
        finally:
            if self._chance.random() < 0.5:
                writer.transport.abort()
            else:
                writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        whim = self._chance.random()
        if whim < 0.2:
            await asyncio.sleep(self._chance.uniform(0, 0.01))
        elif whim < 0.4:
            await reader.readuntil(b"\r\n\r\n")
        elif whim < 0.8:
            for _ in range(self._chance.randint(1, 12)):
                await reader.readuntil(b"\n\n")
        else:
            await reader.readuntil(b"\r\n0\r\n\r\n")


def _resident_bytes() -> int:
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _calm(parlez: Running, tasks: int) -> None:
    """Wait until all turns have ended and all connections are gone."""
    async with asyncio.timeout(30):
        while parlez.services.engine.open_turns or len(asyncio.all_tasks()) > tasks:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(240)
async def test_nothing_is_left_behind(
    data_dir: Path, stored: Stored, oracle_url: str, chance: random.Random
) -> None:
    turns = TURNS["sqlite" if stored.file else "postgresql"]
    async with run_server(
        data_dir, openai_api_key="sk-test", openai_base_url=oracle_url, database_url=stored.url
    ) as parlez:
        tasks = len(asyncio.all_tasks())
        made = await parlez.call("POST", "/api/keys", {"name": "crowd"})
        crowd = Crowd(parlez.url, made.body["key"], chance)
        await crowd.come(WARM_UP)
        await _calm(parlez, tasks)
        files, memory = _open_files(), _resident_bytes()

        await crowd.come(turns - WARM_UP)
        await _calm(parlez, tasks)
        # Connections to the model are kept for a while, as many as there were at once.
        assert _open_files() <= files + AT_ONCE
        assert _resident_bytes() < memory + MOST_GROWTH_BYTES
        assert len(parlez.services.engine._live) == 0
        states = stored.states("turn")
    # A client that goes before its request has been read whole has begun nothing.
    assert set(states) == {"completed"}
    assert turns * 0.8 <= states["completed"] <= turns
