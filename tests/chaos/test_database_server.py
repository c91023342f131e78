"""PostgreSQL dies, stops, hangs and comes back while Parlez lives: nothing that was acknowledged is
lost, nothing happens twice, and Parlez goes on by itself."""

import asyncio
import random
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from tests.chaos import harm
from tests.chaos.call import Call
from tests.chaos.harm import Harm
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.support.house import House
from tests.support.nursery import Nursery
from tests.support.postgres import Postgres
from tests.support.stored import Stored

HARMS = 6
"""Of each kind."""

PATIENCE = 5.0
"""Seconds for which a database that is away is waited for."""


@pytest.fixture
def database_url(doomed: Postgres) -> str:
    return doomed.make()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "harm", [harm.kill, harm.restart, harm.crash, harm.hang, harm.end_sessions]
)
async def test_harmed_under_load(
    harm: Harm,
    doomed: Postgres,
    house: House,
    client: aiohttp.ClientSession,
    chance: random.Random,
) -> None:
    """What does not last longer than Parlez's patience nobody notices."""
    url = house.server.url
    ledger = Ledger(client, house.stored)
    for _ in range(HARMS):
        load = Load(client, url, chance)
        for _ in range(4):
            load.talk(ledger)
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        await harm(doomed, chance.uniform(0, 0.8))
        await load.over()
        assert ledger.unfinished == []
    await ledger.settled()
    await ledger.check_whole(url)
    house.stored.check_integrity()
    assert not house.server.ended


@pytest.mark.timeout(120)
async def test_away_for_longer_than_parlez_waits(
    doomed: Postgres, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    before = Load(client, url, chance)
    talk = before.talk(ledger)
    await before.over()
    during = Load(client, url, chance)
    for _ in range(4):
        during.talk(ledger)
    await asyncio.sleep(0.1)
    await asyncio.to_thread(doomed.kill)
    began = time.monotonic()
    refused = [ledger.open().ask(stream=number % 2 == 0) for number in range(30)]
    await asyncio.gather(
        *(call.make(client, url) for call in refused), _not_read(client, url, talk.id)
    )
    assert PATIENCE - 1 < time.monotonic() - began < PATIENCE + 2
    for call in refused:
        _check_refused(call)
    async with client.get(f"{url}/health/ready") as response:
        assert response.status == 503
    assert await ledger.get(url, "/health/live") == {"status": "ok"}
    await asyncio.sleep(1)
    await asyncio.to_thread(doomed.start)
    await during.over()
    await ledger.settled()
    await ledger.check_kept(url)
    await ledger.finish(url)
    await ledger.check_whole(url)
    house.stored.check_integrity()
    assert not house.server.ended


async def test_taken_over_by_another_parlez(
    doomed: Postgres,
    house: House,
    nursery: Nursery,
    oracle_url: str,
    stored: Stored,
    tmp_path: Path,
    client: aiohttp.ClientSession,
    chance: random.Random,
) -> None:
    """Whoever cannot hold on to the lock while PostgreSQL restarts ends, and leaves nothing open
    to the next owner."""
    ledger = Ledger(client, stored)
    load = Load(client, house.server.url, chance)
    for _ in range(4):
        load.talk(ledger)
    await asyncio.sleep(0.3)
    house.server.signal(signal.SIGSTOP)
    await harm.kill(doomed, 0)
    (tmp_path / "other").mkdir()
    async with House(nursery, tmp_path / "other", stored, oracle_url).lived_in() as other:
        house.server.signal(signal.SIGCONT)
        await house.server.wait()
        await load.over()
        url = other.server.url
        await ledger.settled()
        await ledger.check_kept(url)
        await ledger.finish(url)
        await ledger.check_whole(url)
        assert not other.server.ended
    log = house.server.log.read_text()
    assert "another process owns the database now" in log
    assert "Traceback" not in log


async def _not_read(client: aiohttp.ClientSession, url: str, conversation_id: str) -> None:
    async with client.get(f"{url}/conversations/{conversation_id}") as response:
        assert response.status == 503
        assert "The database cannot be reached" in await response.text()


def _check_refused(call: Call) -> None:
    assert call.refused == [503]
    assert not call.acknowledged
    assert '"code":"storage_busy"' in call.refusal
    assert "The database cannot be reached" in call.refusal
