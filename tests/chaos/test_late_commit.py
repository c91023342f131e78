"""What a killed Parlez had sent to PostgreSQL is not done after the next one has recovered."""

import asyncio

import aiohttp
import psycopg
import pytest
from tests.chaos.ledger import Ledger
from tests.support.house import House
from tests.support.stored import Stored

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

_WAITING = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_what_waits_for_a_lock(
    house: House, stored: Stored, client: aiohttp.ClientSession
) -> None:
    ledger = Ledger(client, stored)
    call = ledger.open().ask(stream=True)
    with psycopg.connect(stored.url) as other:
        # It may be read, and so there is nothing to keep the next one from starting.
        other.execute("LOCK TABLE message IN SHARE MODE")
        asking = asyncio.create_task(call.make(client, house.server.url))
        async with asyncio.timeout(5):
            while not (waiting := stored.rows(_WAITING)):
                await asyncio.sleep(0.01)
        await house.server.kill()
        await asking
        url = (await house.start()).url
        other.rollback()
    while stored.rows("SELECT 1 FROM pg_stat_activity WHERE pid = :pid", pid=waiting[0][0]):
        await asyncio.sleep(0.01)
    await ledger.check_kept(url)
    assert stored.rows("SELECT id FROM message") == []
    await ledger.finish(url)
    await ledger.check_whole(url)
