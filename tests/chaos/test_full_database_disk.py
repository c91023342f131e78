"""A full disk stops PostgreSQL from writing, and sooner or later stops it altogether. Parlez says
so, loses nothing, and goes on once there is space."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psycopg
import pytest
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.support.house import House
from tests.support.postgres import Postgres, running_postgres

MOST_TRIES = 500
"""Pages that are not full yet take some messages more."""


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    with (
        tempfile.TemporaryDirectory(prefix="parlez-disk-") as folder,
        small_disk(Path(folder, "disk"), 150) as disk,
    ):
        yield disk


@pytest.fixture(scope="module")
def doomed(disk: SmallDisk) -> Iterator[Postgres]:
    with running_postgres(disk.path) as postgres:
        yield postgres


@pytest.fixture
def database_url(doomed: Postgres) -> str:
    return doomed.make()


@pytest.mark.timeout(120)
async def test_reads_go_on_and_nothing_is_lost(
    disk: SmallDisk, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    before = Load(client, url, chance)
    kept = [before.talk(ledger) for _ in range(3)]
    await before.over()
    during = Load(client, url, chance)
    for _ in range(3):
        during.talk(ledger)
    await asyncio.sleep(0.2)
    disk.fill()
    for _ in range(MOST_TRIES):
        call = ledger.open().ask(stream=chance.random() < 0.5, pace=0)
        await call.make(client, url)
        if call.refused:
            break
    assert call.refused == [503]
    assert not call.acknowledged
    assert '"code":"storage_full"' in call.refusal
    for talk in kept:
        said = (await ledger.get(url, f"/conversations/{talk.id}"))["messages"]
        assert {message["content"] for message in said[1::2]} == {
            call.question.answer for call in talk.calls
        }
    disk.free()
    await during.over()
    await ledger.settled()
    await ledger.check_kept(url)
    await ledger.finish(url)
    await ledger.check_whole(url)
    house.stored.check_integrity()
    assert not house.server.ended


@pytest.mark.timeout(120)
async def test_no_room_for_the_log_of_postgresql(
    disk: SmallDisk,
    doomed: Postgres,
    house: House,
    client: aiohttp.ClientSession,
    chance: random.Random,
) -> None:
    """It ends itself, and has to be started again."""
    url = house.server.url
    ledger = Ledger(client, house.stored)
    load = Load(client, url, chance)
    for _ in range(3):
        load.talk(ledger)
    await asyncio.sleep(0.2)
    disk.fill()
    with pytest.raises(psycopg.OperationalError), doomed.admin() as admin:
        while True:
            admin.execute("SELECT pg_logical_emit_message(true, 'chaos', repeat('x', 1000000))")
    call = ledger.open().ask(stream=False)
    await call.make(client, url)
    assert call.refused == [503]
    assert "The database cannot be reached" in call.refusal
    disk.free()
    await asyncio.to_thread(doomed.kill)
    await asyncio.to_thread(doomed.start)
    await load.over()
    await ledger.settled()
    await ledger.check_kept(url)
    await ledger.finish(url)
    await ledger.check_whole(url)
    house.stored.check_integrity()
    assert not house.server.ended
