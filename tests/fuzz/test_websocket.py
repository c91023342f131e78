"""Ten thousand frames of every kind at the WebSocket: no crash, no leak, nobody disturbed."""

import asyncio
import gc
import os
from pathlib import Path

import pytest
from tests.support import frames
from tests.support.sockets import socket_world

ROUNDS = 100
MOST_GROWTH = 20_000_000
"""Bytes that some hundred clients may leave behind: what is kept at hand of their conversations."""


def memory() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.timeout(600)
async def test_ten_thousand_frames(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket_world(data_dir) as world, world.owner() as bystander:
        world.script_speech(monkeypatch, lambda _: "What?")
        await bystander.ask("Before")
        tasks = len(asyncio.all_tasks())
        # Whatever is made once is made by the first half.
        thrown, held = 0, []
        for enough in (5_000, 10_000):
            while thrown < enough:
                thrown += await frames.pelt(world, ROUNDS)
                assert (await bystander.ask("Now"))["text"] == "You said: Now "
            await frames.all_gone(world, tasks, 1)
            world.vendor.asked.clear()
            gc.collect()
            held.append(memory())
        assert held[1] - held[0] < MOST_GROWTH
