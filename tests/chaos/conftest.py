"""What the servers under test live on, and the model they ask."""

import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import aiohttp
import pytest
from tests.support.house import House
from tests.support.nursery import ROOT, Nursery
from tests.support.postgres import Postgres, running_postgres
from tests.support.stored import Stored


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery.open() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def oracle_url() -> Iterator[str]:
    """A model of which every right answer is known, in a process that survives all kills."""
    command = [sys.executable, "-m", "tests.support.oracle"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


@pytest.fixture(scope="module")
def doomed() -> Iterator[Postgres]:
    """A database server that tests may harm."""
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture
def stored(database_url: str) -> Stored:
    """The database of the servers, of each kind."""
    return Stored(database_url)


@pytest.fixture
async def house(
    nursery: Nursery, oracle_url: str, data_dir: Path, stored: Stored
) -> AsyncIterator[House]:
    """A data folder with a server on it."""
    async with House(nursery, data_dir, stored, oracle_url).lived_in() as house:
        yield house


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        yield client


@pytest.fixture
def chance() -> random.Random:
    """Chance that can be had again: a failed test shows the seed to set as CHAOS_SEED."""
    seed = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)
