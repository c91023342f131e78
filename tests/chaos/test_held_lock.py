"""Another program that holds the database's lock makes writes wait, and refuses them after five
seconds; it stops nothing else."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import aiohttp
import psycopg
from tests.chaos.call import Call
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.support.house import House
from tests.support.stored import Stored

PATIENCE = 5.0


@contextmanager
def held(stored: Stored) -> Iterator[None]:
    """Keep everyone else from writing: on PostgreSQL, where locks are smaller, to turns."""
    if stored.file:
        with closing(sqlite3.connect(stored.file, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.execute("ROLLBACK")
    else:
        with psycopg.connect(stored.url) as other:
            other.execute("LOCK TABLE turn IN EXCLUSIVE MODE")
            yield
            other.rollback()


async def _timed(call: Call, client: aiohttp.ClientSession, url: str, after: float) -> float:
    await asyncio.sleep(after)
    began = time.monotonic()
    await call.make(client, url)
    return time.monotonic() - began


async def test_writes_are_refused_in_time_and_reads_go_on(
    house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    before = Load(client, url, chance)
    talk = before.talk(ledger)
    await before.over()
    during = Load(client, url, chance)
    during.talk(ledger)
    await asyncio.sleep(0.15)
    calls = [ledger.open().ask(stream=number % 2 == 0) for number in range(6)]
    with held(house.stored):
        waiting = [
            asyncio.create_task(_timed(call, client, url, number * 0.8))
            for number, call in enumerate(calls)
        ]
        while not all(task.done() for task in waiting):
            began = time.monotonic()
            said = (await ledger.get(url, f"/conversations/{talk.id}"))["messages"]
            assert time.monotonic() - began < 1
            assert len(said) == 2 * len(talk.calls)
            await asyncio.sleep(0.2)
    for task, call in zip(waiting, calls, strict=True):
        assert call.refused == [503]
        assert '"code":"storage_busy"' in call.refusal
        assert task.result() < PATIENCE + 1
    assert waiting[0].result() > PATIENCE - 1
    await during.over()
    await ledger.finish(url)
    await ledger.check_whole(url)


async def test_a_lock_that_is_let_go_in_time_is_only_waited_for(
    house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    load = Load(client, url, chance)
    for _ in range(3):
        load.talk(ledger)
    await asyncio.sleep(0.15)
    with held(house.stored):
        load.talk(ledger)
        await asyncio.sleep(2)
    await load.over()
    assert ledger.unfinished == []
    await ledger.check_whole(url)
