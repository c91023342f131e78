"""A process that is stopped for some seconds goes on where it was."""

import asyncio
import random
import signal

import aiohttp
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.support.house import House


async def _stopped_under_load(
    house: House, client: aiohttp.ClientSession, chance: random.Random, seconds: float
) -> Ledger:
    ledger = Ledger(client, house.stored)
    load = Load(client, house.server.url, chance)
    for _ in range(4):
        load.talk(ledger)
    await asyncio.sleep(chance.uniform(0.1, 0.4))
    house.server.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    house.server.signal(signal.SIGCONT)
    await load.over()
    return ledger


async def test_everything_completes(
    house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    ledger = await _stopped_under_load(house, client, chance, 3)
    assert ledger.unfinished == []
    await ledger.check_whole(house.server.url)


async def test_a_stop_beyond_the_time_limit_ends_as_documented(
    house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    house.settings["PARLEZ_BETWEEN_TOKENS_SECONDS"] = "0.5"
    house.settings["PARLEZ_FIRST_TOKEN_SECONDS"] = "0.5"
    await house.start()
    ledger = await _stopped_under_load(house, client, chance, 1.5)
    for call in ledger.unfinished:
        failed = call.last is not None and call.last.data["state"] == "failed"
        assert failed or call.refused == [504]
    ledger.check_closed()
    await ledger.finish(house.server.url)
    await ledger.check_whole(house.server.url)
