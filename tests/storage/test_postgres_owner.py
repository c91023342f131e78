"""One process owns a PostgreSQL database."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import Postgres
from tests.support.server import no_death, run_server

from parlez.storage.data_folder import InUse
from parlez.storage.postgres import lock, owner
from parlez.storage.postgres.address import Address, read_address
from parlez.storage.postgres.database import PostgresDatabase
from parlez.storage.postgres.owner import Owner


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.make()


@pytest.fixture
def address(url: str) -> Address:
    return read_address(url)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(owner, "LOOK_SECONDS", 0.2)


@contextmanager
def owning(address: Address, on_loss: Callable[[], None] = no_death) -> Iterator[Owner]:
    owner = Owner(address)
    owner.acquire()
    owner.watch(on_loss)
    yield owner
    owner.release()


def holder(url: str) -> lock.Holder | None:
    with psycopg.connect(url, autocommit=True) as other:
        return lock.find_holder(other)


def wait_for_another(url: str, session: int) -> lock.Holder:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = holder(url)
        if found is not None and found.session != session:
            return found
        time.sleep(0.01)
    raise AssertionError("nobody took the lock")


def end(url: str, session: int) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (session,))


def test_a_second_is_refused_and_told_of_the_first(address: Address, postgres: Postgres) -> None:
    with owning(address):
        with pytest.raises(InUse, match=rf"process {os.getpid()} on .* uses the PostgreSQL"):
            Owner(address).acquire()
        with owning(read_address(postgres.make())):
            pass
    with owning(address):
        pass


async def test_a_second_server_does_not_start(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_server(tmp_path / "one", database_url=url):
        with pytest.raises(InUse, match="Another Parlez"):
            async with run_server(tmp_path / "two", database_url=url):
                pass
        with pytest.raises(InUse, match="Another Parlez"):
            async with run_server(tmp_path / "one", database_url=url):
                pass
        assert not list((tmp_path / "one").glob("*.db*"))
    async with run_server(tmp_path / "two", database_url=url):
        pass


def test_a_lost_lock_is_taken_again(address: Address, url: str) -> None:
    with owning(address):
        for _ in range(3):
            found = holder(url)
            assert found is not None
            end(url, found.session)
            wait_for_another(url, found.session)
        with pytest.raises(InUse):
            Owner(address).acquire()


@contextmanager
def stolen(url: str) -> Iterator[int]:
    """Another session, which waits for the lock when its holder's session ends."""
    found = holder(url)
    assert found is not None
    with psycopg.connect(url, autocommit=True) as other:
        waits = threading.Thread(
            target=other.execute, args=("SELECT pg_advisory_lock(%s)", (lock.LOCK,))
        )
        waits.start()
        with psycopg.connect(url, autocommit=True) as third:
            waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while third.execute(waiting).fetchone() is None:
                time.sleep(0.01)
        end(url, found.session)
        waits.join()
        yield other.info.backend_pid


def test_whoever_loses_it_to_another_is_told(address: Address, url: str) -> None:
    lost = threading.Event()
    with owning(address, lost.set), stolen(url) as thief:
        assert lost.wait(5)
        found = holder(url)
        assert found is not None
        assert found.session == thief


def test_its_own_ghost_does_not_keep_it_out(address: Address, url: str) -> None:
    """The network broke on this side only: the server still believes in the old session."""
    with owning(address) as owned:
        ghost = owned._driver
        assert ghost is not None
        descriptor = os.dup(ghost.fileno())
        try:
            # This side of the connection is closed without a word to the other.
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, ghost.fileno())
            os.close(null)
            found = wait_for_another(url, ghost.info.backend_pid)
            assert found.name == owned._name
        finally:
            os.close(descriptor)


async def test_the_server_ends_when_another_owns_its_database(url: str) -> None:
    died = asyncio.Event()
    database = PostgresDatabase(read_address(url), died.set)
    with stolen(url):
        await asyncio.wait_for(died.wait(), 5)
    await database.close()
