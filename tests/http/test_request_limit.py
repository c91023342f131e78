"""The generous limit of all that an account asks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.server import Running, run_server
from tests.support.store import TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def parlez(data_dir: Path, clock: TestClock) -> AsyncIterator[Running]:
    async with run_server(data_dir, clock=clock) as running:
        yield running


async def read(parlez: Running, headers: dict[str, str]) -> int:
    return (await parlez.call("GET", "/turns/x", headers=headers)).status


async def test_reads_have_a_limit_of_their_own(parlez: Running, clock: TestClock) -> None:
    key, another = [(await parlez.call("POST", "/generate_api_key")).body["api_key"] for _ in "12"]
    headers = {"X-API-Key": key}
    statuses = await asyncio.gather(*(read(parlez, headers) for _ in range(1_000)))
    assert set(statuses) == {404}
    refused = await parlez.call("GET", "/turns/x", headers=headers)
    assert refused.status == 429
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["ratelimit-policy"] == '"minute";q=1000;w=60'
    assert await read(parlez, {"X-API-Key": another}) == 404
    clock.time += 60_000_000 - 1
    assert await read(parlez, headers) == 429
    clock.time += 1
    assert await read(parlez, headers) == 404


async def test_the_owner_has_none(parlez: Running) -> None:
    statuses = await asyncio.gather(*(read(parlez, {}) for _ in range(1_100)))
    assert set(statuses) == {404}
