"""A connection to PostgreSQL that breaks while it commits leaves open whether that was done. Parlez
finds out: nothing is lost by it, nothing happens twice, and no client notices."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.chaos.bad_network import BadNetwork, bad_network
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.support.house import House
from tests.support.nursery import Nursery
from tests.support.stored import Stored

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

LOST = 0.05
"""The share of commits of which the client never hears."""


@pytest.fixture
async def network(
    stored: Stored, tmp_path: Path, chance: random.Random
) -> AsyncIterator[BadNetwork]:
    folder = tmp_path / "network"
    folder.mkdir()
    async with bad_network(stored.url, folder, chance) as network:
        yield network


@pytest.fixture
async def house(
    nursery: Nursery, oracle_url: str, data_dir: Path, stored: Stored, network: BadNetwork
) -> AsyncIterator[House]:
    house = House(nursery, data_dir, stored, oracle_url)
    house.settings["DATABASE_URL"] = network.url
    async with house.lived_in():
        yield house


async def test_commits_that_nobody_hears_of(
    house: House, network: BadNetwork, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url
    ledger = Ledger(client, house.stored)
    network.lost = LOST
    for _ in range(4):
        load = Load(client, url, chance)
        for _ in range(6):
            load.talk(ledger)
        await load.over()
    network.lost = 0
    assert network.broken > 20
    assert ledger.unfinished == []
    await ledger.check_whole(url)
    assert ledger.open_turns() == 0
    assert "unnoticed" not in house.server.log.read_text(), "a sweep is the last resort"
