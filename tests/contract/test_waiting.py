"""Whoever waits for a database gets an answer."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.store import Stores, open_stores

from parlez.core.errors import StorageError
from parlez.storage.connection import Connection

ONE = text("SELECT 1")
PATIENCE = 20


async def answer_of(waiting: Any) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await waiting


def one(c: Connection) -> int:
    row = c.one(ONE)
    assert row
    return int(row[0])


def ends_an_iteration(c: Connection) -> int:
    one(c)
    return next(iter(()))


@pytest.mark.parametrize("method", ["read", "write"])
async def test_a_query_that_raises_what_no_future_takes(stores: Stores, method: str) -> None:
    run = getattr(stores.database, method)
    beside = [asyncio.create_task(run(one)) for _ in range(20)]
    with pytest.raises(RuntimeError):
        await answer_of(run(ends_an_iteration))
    assert await answer_of(asyncio.gather(*beside)) == [1] * 20
    assert await answer_of(run(one)) == 1


async def test_a_database_that_is_closed_refuses(database_url: str) -> None:
    async with open_stores(database_url) as stores:
        before = [asyncio.create_task(stores.database.write(one)) for _ in range(20)]
        await asyncio.sleep(0)
    with pytest.raises(StorageError):
        await answer_of(stores.database.write(one))
    assert await answer_of(asyncio.gather(*before)) == [1] * 20
