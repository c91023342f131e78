"""Ten thousand frames of every kind at the WebSocket: no crash, no leak, nobody disturbed."""

import asyncio
import gc
import tracemalloc
from pathlib import Path

import pytest
from tests.support import frames
from tests.support.sockets import socket_world

ROUNDS = 250
MOST_GROWTH = 1_000_000
"""Bytes that five hundred clients may leave behind: what is kept at hand of their conversations."""


async def test_ten_thousand_frames(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket_world(data_dir) as world, world.owner() as bystander:
        world.script_speech(monkeypatch, lambda _: "What?")
        await bystander.ask("Before")
        tasks = len(asyncio.all_tasks())
        tracemalloc.start()
        # Whatever is made once is made by the first half.
        thrown, held = 0, []
        for enough in (5_000, 10_000):
            while thrown < enough:
                thrown += await frames.pelt(world, ROUNDS)
            await frames.all_gone(world, tasks, 1)
            world.vendor.asked.clear()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert held[1] - held[0] < MOST_GROWTH
        assert (await bystander.ask("After"))["text"] == "You said: After "
