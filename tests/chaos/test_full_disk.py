"""A full disk stops SQLite from writing, and nothing else."""

import asyncio
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.chaos.call import Call
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.support.house import House

from parlez.core.turn_engine import END_PAUSES

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GIVEN_UP_SECONDS = sum(END_PAUSES) + 1.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 12) as disk:
        yield disk


@pytest.fixture
def data_dir(disk: SmallDisk, migrated: Path) -> Path:
    shutil.copy(migrated, disk.path / "parlez.db")
    return disk.path


async def test_reads_go_on_and_nothing_is_lost(
    disk: SmallDisk, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    for _ in range(3):
        before = Load(client, url, chance)
        before.talk(ledger)
        await before.over()
    await ledger.check_whole(url)
    kept = list(ledger.talks)

    during = Load(client, url, chance)
    for _ in range(3):
        during.talk(ledger)
    await asyncio.sleep(0.2)
    disk.fill()
    refused = [talk.ask(stream) for talk in kept for stream in (True, False)]
    for call in refused:
        await _refused(call, client, url)
    for talk in kept:
        said = (await ledger.get(url, f"/conversations/{talk.id}"))["messages"]
        assert [message["content"] for message in said[1::2]] == [
            call.question.answer for call in talk.calls[:-2]
        ]
    assert (await ledger.get(url, "/health/live")) == {"status": "ok"}
    async with client.get(f"{url}/health/ready") as response:
        assert response.status == 503

    # Long enough for those whose ends cannot be stored to be given up and left to the sweep.
    await asyncio.sleep(GIVEN_UP_SECONDS)
    assert ledger.open_turns() > 0
    disk.free()
    await during.over()
    await ledger.settled()
    await ledger.check_kept(url)
    await ledger.finish(url)
    await ledger.check_whole(url)
    house.stored.check_integrity()
    assert not house.server.ended


async def test_killed_while_it_is_full(
    disk: SmallDisk, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    ledger = Ledger(client, house.stored)
    load = Load(client, house.server.url, chance)
    for _ in range(3):
        load.talk(ledger)
    await asyncio.sleep(0.25)
    disk.fill()
    await asyncio.sleep(0.1)
    await house.server.kill()
    await load.over()
    disk.free()
    url = (await house.start()).url
    await ledger.check_kept(url)
    await ledger.finish(url)
    await ledger.check_whole(url)
    house.stored.check_integrity()


async def _refused(call: Call, client: aiohttp.ClientSession, url: str) -> None:
    await call.make(client, url)
    assert call.refused == [503]
    assert not call.acknowledged
    assert '"code":"storage_' in call.refusal
