"""Requests at an even pace, whatever becomes of those before."""

import asyncio
import json
import time
from typing import Any

from benchmarks.connection import get, post
from benchmarks.load import connect
from benchmarks.servers import Measured

TURNS_A_SECOND = 20


async def paced_turns(parlez: Measured, until: asyncio.Future[Any]) -> list[float]:
    """Milliseconds that plain turns took, begun at an even pace for as long as something goes
    on."""
    body = json.dumps({"user_id": "1", "message": "What does a turn cost?"}).encode()
    return await _paced(parlez, post(parlez.plain_path, body, parlez.key), until)


async def paced_looks(parlez: Measured, until: asyncio.Future[Any]) -> list[float]:
    """Milliseconds that requests took for which the server does nothing: how long its event loop
    lets wait, and a little more."""
    return await _paced(parlez, get("/health/live"), until)


async def _paced(parlez: Measured, request: bytes, until: asyncio.Future[Any]) -> list[float]:
    times: list[float] = []

    async def one() -> None:
        connection = await connect(parlez)
        began = time.perf_counter()
        await connection.ask(request)
        times.append((time.perf_counter() - began) * 1000)
        connection.close()

    async with asyncio.TaskGroup() as requests:
        due = time.perf_counter()
        while not until.done():
            requests.create_task(one())
            due += 1 / TURNS_A_SECOND
            await asyncio.sleep(max(due - time.perf_counter(), 0))
    await until
    return times
