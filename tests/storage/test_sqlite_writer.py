"""The group-committing writer over a real file."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.server import no_death

from parlez.core.errors import NotFound, StorageBusy, StorageFull
from parlez.storage.connection import Connection
from parlez.storage.sqlite.database import SqliteDatabase

INSERT = text("INSERT INTO account (id, name, created_at) VALUES (:id, :id, 0)")
COUNT = text("SELECT count(*) FROM account")
NAMES = text("SELECT id FROM account ORDER BY id")


@pytest.fixture
def path(data_dir: Path) -> Path:
    return data_dir / "parlez.db"


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as other:
        return [row[0] for row in other.execute("SELECT id FROM account ORDER BY id")]


def insert(name: str) -> Callable[[Connection], int]:
    return lambda c: c.run(INSERT, id=name)


async def test_an_answered_write_is_on_disk(path: Path) -> None:
    database = SqliteDatabase(path, no_death)
    await database.write(insert("a"))
    assert names(path) == ["a"]
    await database.close()


async def test_many_writes_share_a_commit_and_one_failure_harms_no_other(path: Path) -> None:
    database = SqliteDatabase(path, no_death)

    def insert_then_fail(c: Connection) -> None:
        c.run(INSERT, id="half")
        raise NotFound("no")

    writes = [database.write(insert(str(n))) for n in range(100)]
    failing = database.write(insert_then_fail)
    twice = database.write(insert("5"))
    results = await asyncio.gather(
        *writes[:50], failing, *writes[50:], twice, return_exceptions=True
    )
    assert [type(result) for result in results if result != 1] == [NotFound, type(results[-1])]
    assert isinstance(results[-1], Exception)
    assert len(names(path)) == 100
    assert "half" not in names(path)
    await database.close()


async def test_reads_go_on_when_the_disk_is_full(path: Path) -> None:
    database = SqliteDatabase(path, no_death)
    pages = database._driver.execute("PRAGMA page_count").fetchone()[0]
    await database.write(lambda c: c.run(text(f"PRAGMA max_page_count = {pages + 2}")))
    kept: list[str] = []
    with pytest.raises(StorageFull):
        for number in range(10_000):
            name = f"{number:09}" * 100
            await database.write(insert(name))
            kept.append(name)
    assert await database.read(lambda c: c.all(NAMES)) == [(name,) for name in kept]
    await database.write(lambda c: c.run(text("PRAGMA max_page_count = 100000")))
    assert await database.write(insert("room again")) == 1
    await database.close()


async def test_a_full_disk_fails_the_whole_group(path: Path) -> None:
    """SQLite may undo the transaction of all when one finds the disk full."""
    database = SqliteDatabase(path, no_death)
    pages = database._driver.execute("PRAGMA page_count").fetchone()[0]
    await database.write(lambda c: c.run(text(f"PRAGMA max_page_count = {pages + 1}")))
    writes = [database.write(insert(f"{n:09}" * 50)) for n in range(200)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    answered = [f"{n:09}" * 50 for n, result in enumerate(results) if result == 1]
    assert names(path) == answered
    assert any(isinstance(result, StorageFull) for result in results)
    await database.close()


async def test_a_lock_held_by_another_is_waited_for(path: Path) -> None:
    database = SqliteDatabase(path, no_death)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(database.write(insert("a")))
        await asyncio.sleep(0.2)
        assert not write.done()
        other.execute("ROLLBACK")
        assert await write == 1
    await database.close()


async def test_a_lock_held_for_too_long_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.storage.sqlite.connect.BUSY_MILLISECONDS", 50)
    database = SqliteDatabase(path, no_death)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            await database.write(insert("a"))
        assert await database.read(lambda c: c.one(COUNT)) == (0,)
        other.execute("ROLLBACK")
    await database.write(insert("a"))
    await database.close()


async def test_a_dead_writer_is_noticed(path: Path) -> None:
    died = asyncio.Event()
    database = SqliteDatabase(path, died.set)

    def kill(c: Connection) -> None:
        raise SystemExit

    writing = asyncio.create_task(database.write(kill))
    await asyncio.wait_for(died.wait(), 5)
    writing.cancel()
    await database._checkpointer.close()
    await database._readers.close()
    database._driver.close()


async def test_closing_commits_what_waits(path: Path) -> None:
    database = SqliteDatabase(path, no_death)
    writes = [asyncio.create_task(database.write(insert(f"{n:04}"))) for n in range(500)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    assert len(names(path)) == 500
    assert not path.with_name("parlez.db-wal").exists()


async def test_nobody_waits_longer_for_the_lock_because_others_did(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.storage.sqlite.connect.BUSY_MILLISECONDS", 400)
    database = SqliteDatabase(path, no_death)
    clock = asyncio.get_running_loop().time

    async def wait(after: float) -> float:
        await asyncio.sleep(after)
        began = clock()
        with pytest.raises(StorageBusy):
            await database.write(insert(str(after)))
        return clock() - began

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waited = await asyncio.gather(*(wait(after) for after in (0, 0.1, 0.2, 0.3)))
    assert all(0.35 < seconds < 0.6 for seconds in waited), waited
    assert await database.write(insert("free again")) == 1
    await database.close()
