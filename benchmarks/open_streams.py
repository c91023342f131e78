"""What it costs to keep streams open."""

import asyncio
import json

from benchmarks import load
from benchmarks.connection import Connection, post
from benchmarks.mock_model import SILENCE
from benchmarks.servers import Measured

OPEN = 5_000
AT_ONCE = 50
"""Streams that are opened at the same time."""


async def print_open_streams(server: Measured, active: int, pace: float) -> None:
    """The memory of a stream whose model has fallen silent, its own connection to the model
    included, and how soon others, which are active meanwhile, hear the first of theirs."""
    before = server.memory_bytes()
    streams = await _open(server)
    each = (server.memory_bytes() - before) / OPEN
    times = await load.first_tokens(server, active, 1, pace)
    assert not any(stream.is_answered for stream in streams)
    print(
        f"  {server.name:12} {each / 1000:.1f} kB each   first token of the active"
        f" p50 {load.quantile(times, 0.5):.1f} ms   p99 {load.quantile(times, 0.99):.1f} ms"
    )
    for stream in streams:
        stream.close()


async def _open(server: Measured) -> list[Connection]:
    body = json.dumps({"user_id": "1", "message": SILENCE, "stream": True}).encode()
    request = post(server.stream_path, body, server.key)
    streams: list[Connection] = []

    async def work() -> None:
        while len(streams) < OPEN:
            stream = await load.connect(server)
            streams.append(stream)
            await stream.begin(request, b"word")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return streams
