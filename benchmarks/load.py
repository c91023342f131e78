"""Load on a server, and what comes of it."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.connection import Connection, post
from benchmarks.mock_model import ANSWER, EVENTS
from benchmarks.servers import Measured

_QUESTION = "What does a turn cost?"


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` and `cpu_ms` (of the server, per request), `p50_ms` and `p99_ms` of a request,
    `lost` characters of all answers together."""

    per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    lost: int


async def plain_turns(server: Measured, at_once: int, count: int) -> Rate:
    body = json.dumps({"user_id": "1", "message": _QUESTION}).encode()
    request = post(server.plain_path, body, server.key)
    return await _rate(server, at_once, count, lambda connection: connection.ask(request))


async def streams(server: Measured, at_once: int, count: int) -> Rate:
    request = _stream_request(server)
    return await _rate(server, at_once, count, lambda connection: connection.ask(request))


async def first_tokens(server: Measured, at_once: int, rounds: int, pace: float) -> list[float]:
    """Milliseconds from asking to the first piece of text, without the `pace` seconds that the
    model itself takes. The streams start spread over the time between two pieces."""
    request = _stream_request(server)
    asyncio.get_running_loop()
    found: list[float] = []

    async def follow(place: int) -> None:
        connection = await connect(server)
        await asyncio.sleep(place / at_once * pace * 4)
        for _ in range(rounds):
            asked = time.perf_counter()
            await connection.ask(request, b"word")
            found.append((connection.first_at - asked - pace) * 1000)
        connection.close()

    await asyncio.gather(*(follow(place) for place in range(at_once)))
    return found


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _stream_request(server: Measured) -> bytes:
    body = json.dumps({"user_id": "1", "message": _QUESTION, "stream": True}).encode()
    return post(server.stream_path, body, server.key)


async def connect(server: Measured) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", server.port)
    return connection


async def _rate(
    server: Measured,
    at_once: int,
    count: int,
    ask: Callable[[Connection], Awaitable[bytes]],
) -> Rate:
    asyncio.get_running_loop()
    times: list[float] = []
    answers: list[bytes] = []
    left = count

    async def work() -> None:
        nonlocal left
        connection = await connect(server)
        while left > 0:
            left -= 1
            began = time.perf_counter()
            answers.append(await ask(connection))
            times.append((time.perf_counter() - began) * 1000)
        connection.close()

    cpu, began = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    seconds, cpu = time.perf_counter() - began, server.cpu_seconds() - cpu
    lost = sum(len(ANSWER) - answer.count(b"word") * (len(ANSWER) // EVENTS) for answer in answers)
    return Rate(
        count / seconds, cpu * 1000 / count, statistics.median(times), quantile(times, 0.99), lost
    )
