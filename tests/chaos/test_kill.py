"""`kill -9` at any moment loses nothing that was acknowledged, and nothing happens twice."""

import asyncio
import random

import aiohttp
import pytest
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.support.house import House

CAMPAIGNS = 4
KILLS = 30
"""In each campaign, on a database of its own. Altogether there are 120 on each kind of database."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("campaign", range(CAMPAIGNS))
async def test_killed_under_load(
    campaign: int, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    ledger = Ledger(client, house.stored)
    for kill in range(KILLS):
        load = Load(client, house.server.url, chance)
        load.repeat(ledger.unfinished)
        talks = [load.talk(ledger) for _ in range(3)]
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        await house.server.kill()
        await load.over()
        if chance.random() < 0.1:
            await _killed_at_its_start(house, chance)
        await house.start()
        await ledger.check_kept(house.server.url, talks)
        if chance.random() < 0.5:
            await ledger.finish(house.server.url)
        if kill % 10 == 0:
            house.stored.check_integrity()
    await ledger.finish(house.server.url)
    await ledger.check_whole(house.server.url)
    house.stored.check_integrity()


async def _killed_at_its_start(house: House, chance: random.Random) -> None:
    server = await house.begin()
    await asyncio.sleep(chance.uniform(0, 0.1))
    await server.kill()
