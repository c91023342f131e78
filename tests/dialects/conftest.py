"""The dialects are the same on each kind of database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.openai_world import World, openai_world
from tests.support.postgres import Postgres
from tests.support.sockets import World as SocketWorld
from tests.support.sockets import socket_world


@pytest.fixture
def server_database(database_url: str) -> str | None:
    return database_url


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def openai_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> AsyncIterator[World]:
    """One server for all tests of a module, which tell what they need by replies and ids."""
    data_dir = tmp_path_factory.mktemp("openai")
    shutil.copy(migrated, data_dir / "parlez.db")
    url = None
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.make()
    async with openai_world(data_dir, url) as world:
        yield world


@pytest.fixture
def world(openai_server: World) -> World:
    openai_server.reset()
    return openai_server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def socket_server(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> AsyncIterator[SocketWorld]:
    """One server for all tests of a module. One kind of database is enough: what differs is tested
    below the routes."""
    data_dir = tmp_path_factory.mktemp("sockets")
    shutil.copy(migrated, data_dir / "parlez.db")
    async with socket_world(data_dir) as world:
        yield world


@pytest.fixture
def sockets(socket_server: SocketWorld) -> SocketWorld:
    socket_server.reset()
    return socket_server
