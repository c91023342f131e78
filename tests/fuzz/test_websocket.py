"""Ten thousand frames of every kind at the WebSocket: no crash, no leak, nobody disturbed."""

import asyncio
import gc
import tracemalloc
from pathlib import Path

import pytest
from tests.support import frames
from tests.support.sockets import socket_world

ROUNDS = 1_000
MOST_GROWTH = 4_000_000
"""Bytes that a thousand clients may leave behind: what is kept at hand of their conversations."""


async def test_ten_thousand_frames(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket_world(data_dir) as world, world.owner() as bystander:
        world.script_speech(monkeypatch, lambda _: "What?")
        await bystander.ask("Before")
        tasks = len(asyncio.all_tasks())
        # Whatever is made once is made now.
        await frames.pelt(world, 50)
        await frames.all_gone(world, tasks, 1)
        tracemalloc.start()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        thrown = 0
        while thrown < 10_000:
            thrown += await frames.pelt(world, ROUNDS)
        await frames.all_gone(world, tasks, 1)
        world.vendor.asked.clear()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert after - before < MOST_GROWTH
        assert (await bystander.ask("After"))["text"] == "You said: After "
