"""Whatever is thrown at the WebSocket, it stands, and nobody else is disturbed.

A few hundred frames here; `tests/fuzz` throws thousands.
"""

import asyncio

import pytest
from tests.support import frames
from tests.support.sockets import World, main_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def _engines(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets.script_speech(monkeypatch, lambda _: "What?")


async def test_it_stands(sockets: World) -> None:
    async with sockets.owner() as bystander:
        await bystander.ask("Before")
        tasks = len(asyncio.all_tasks())
        thrown = await frames.pelt(sockets, 40)
        assert thrown > 100
        await frames.all_gone(sockets, tasks, 1)
        assert (await bystander.ask("After"))["text"] == "You said: After "
    health = await sockets.parlez.call("GET", "/api/health")
    assert health.status == 200


async def test_endless_fragments_end(sockets: World) -> None:
    piece = frames.frame(b"", 0, fin=False)
    begun = frames.frame(b"{", 1, fin=False)
    await frames.throw(
        main_port(sockets.parlez), [frames.INIT, begun, *[piece] * 5_000], cut=0, reads=True
    )


async def test_one_who_asks_and_never_reads(sockets: World) -> None:
    """It gets no more than one buffer of answers, and is dropped."""
    async with sockets.owner() as bystander:
        tasks = len(asyncio.all_tasks())
        pings = [frames.frame(b"x" * 100, 9)] * 50_000
        await frames.throw(main_port(sockets.parlez), [frames.INIT, *pings], cut=0, reads=False)
        await bystander.ask("Still here?")
        await frames.all_gone(sockets, tasks, 1)
