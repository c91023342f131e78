"""What only a PostgreSQL database can do to its user: go away, be locked, refuse, be slow."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from tests.support.postgres import Postgres, running_postgres
from tests.support.server import no_death

from parlez.config import Settings
from parlez.core.errors import InvalidInput, NotFound, StorageBusy, StorageError, StorageFull
from parlez.storage.connection import Connection
from parlez.storage.open import locate, open_database
from parlez.storage.postgres import connect, session
from parlez.storage.postgres.address import Address, read_address
from parlez.storage.postgres.database import PostgresDatabase

INSERT = text("INSERT INTO account (id, name, created_at) VALUES (:id, :id, 0)")
NAMES = text("SELECT id FROM account ORDER BY created_at, id")
SLEEP = text("SELECT CAST(pg_sleep(:seconds) AS text)")
END_THIS_SESSION = text("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.make()


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(read_address(url), no_death)
    yield database
    await database.close()


def insert(name: str) -> Callable[[Connection], int]:
    return lambda c: c.run(INSERT, id=name)


def names(c: Connection) -> list[str]:
    return [row[0] for row in c.all(NAMES)]


def end_sessions(url: str, name: str = "parlez") -> int:
    """End the sessions of a name; how many there were."""
    with psycopg.connect(url, autocommit=True) as other:
        return len(
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = %s AND datname = current_database()",
                (name,),
            ).fetchall()
        )


async def test_text_and_integers_come_back_as_they_went(database: PostgresDatabase) -> None:
    values = {
        "text": "\U0001f600 é \\N \\. %s $1 ' \"\x01\x7f",
        "empty": "",
        "large": 2**53,
        "small": -(2**63),
        "none": None,
        "long": "é" * 5_000_000,
    }
    statement = text(
        "SELECT CAST(:text AS text), CAST(:empty AS text), :large, :small, CAST(:none AS text), "
        "CAST(:long AS text), count(*) FROM account"
    )
    row = await database.read(lambda c: c.one(statement, **values))
    assert row == (*values.values(), 0)
    assert await database.read(lambda c: c.one(text("SELECT 1 WHERE 1 = 0"))) is None
    many = text("SELECT n, CAST(n AS text) FROM generate_series(1, 10000) AS n")
    assert await database.read(lambda c: c.all(many)) == [(n, str(n)) for n in range(1, 10_001)]


async def test_what_postgresql_cannot_keep_is_refused_and_not_cut(
    database: PostgresDatabase,
) -> None:
    with pytest.raises(StorageError):
        await database.write(insert("before\0after"))
    assert await database.read(names) == []


async def test_a_query_that_fails_leaves_nothing_and_harms_no_other(
    database: PostgresDatabase,
) -> None:
    def half(c: Connection) -> None:
        c.do(INSERT, id="half")
        raise NotFound("no")

    def twice(c: Connection) -> None:
        c.do(INSERT, id="twice")
        c.do(INSERT, id="twice")
        c.do(text("SELECT nonsense"))

    writes = [database.write(insert(f"{n:03}")) for n in range(50)]
    failing = [database.write(half), database.write(twice), database.write(half)]
    results = await asyncio.gather(*writes, *failing, return_exceptions=True)
    assert results[:50] == [1] * 50
    assert [type(result) for result in results[50:]] == [NotFound, StorageError, NotFound]
    assert await database.read(names) == [f"{n:03}" for n in range(50)]


async def test_a_statement_whose_preparation_was_skipped_is_prepared_later(
    database: PostgresDatabase,
) -> None:
    good = text("UPDATE account SET created_at = 7")

    def fail(c: Connection) -> None:
        c.do(text("SELECT nonsense"))
        c.do(good)

    for _ in range(8):
        with pytest.raises(StorageError):
            await database.write(fail)
        await database.write(lambda c: c.do(good))


async def test_a_read_sees_one_moment_and_changes_nothing(database: PostgresDatabase) -> None:
    between, go_on = threading.Event(), threading.Event()

    def twice(c: Connection) -> tuple[list[str], list[str]]:
        before = names(c)
        between.set()
        go_on.wait(5)
        return before, names(c)

    reading = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(between.wait, 5)
    await database.write(insert("a"))
    go_on.set()
    assert await reading == ([], [])
    with pytest.raises(StorageError, match="read-only"):
        await database.read(insert("b"))
    assert await database.read(names) == ["a"]


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_transaction_that_met_another_is_run_again(
    database: PostgresDatabase, code: str
) -> None:
    tries = 0

    def unlucky(c: Connection) -> int:
        nonlocal tries
        tries += 1
        c.do(INSERT, id=f"try {tries}")
        if tries < 3:
            c.do(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))
        return tries

    assert await database.write(unlucky) == 3
    assert await database.read(names) == ["try 3"]


async def test_one_that_never_succeeds_is_given_up(database: PostgresDatabase) -> None:
    tries = 0

    def unlucky(c: Connection) -> None:
        nonlocal tries
        tries += 1
        c.do(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))

    with pytest.raises(StorageBusy):
        await database.write(unlucky)
    assert tries == session.MOST_TRIES


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("53100", StorageFull),
        ("53300", StorageBusy),
        ("55P03", StorageBusy),
        ("57014", StorageBusy),
        ("42501", StorageError),
        ("XX000", StorageError),
    ],
)
async def test_errors_are_named_and_never_quoted(
    database: PostgresDatabase, code: str, error: type[StorageError], monkeypatch: Any
) -> None:
    monkeypatch.setattr("parlez.storage.postgres.pool.AWAY_SECONDS", 0.0)
    failing = text(f"DO $$ BEGIN RAISE 'geheim' USING ERRCODE = '{code}'; END $$")
    with pytest.raises(StorageError) as raised:
        await database.write(lambda c: c.do(failing))
    assert type(raised.value) is error
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert await database.write(insert("all is well")) == 1


async def test_a_lock_held_by_another_is_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = PostgresDatabase(read_address(url), no_death)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        write = asyncio.create_task(database.write(insert("a")))
        await asyncio.sleep(0.2)
        assert not write.done()
        other.rollback()
        assert await write == 1
    await database.close()


async def test_a_lock_held_for_too_long_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "LOCK_MILLISECONDS", 50)
    database = PostgresDatabase(read_address(url), no_death)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StorageBusy, match="locks"):
            await database.write(insert("a"))
    assert await database.write(insert("a")) == 1
    await database.close()


async def test_broken_connections_are_replaced(url: str, database: PostgresDatabase) -> None:
    for number in range(3):
        await asyncio.gather(
            *(database.write(insert(f"{number}.{n}")) for n in range(20)),
            *(database.read(names) for _ in range(20)),
        )
        assert end_sessions(url) > 1
    assert await database.write(insert("after")) == 1
    assert len(await database.read(names)) == 61


async def test_a_connection_that_breaks_in_between_loses_and_repeats_nothing(
    url: str, database: PostgresDatabase
) -> None:
    tries = 0

    def disturbed(c: Connection) -> None:
        nonlocal tries
        tries += 1
        assert c.run(INSERT, id=f"try {tries}") == 1
        if tries == 1:
            end_sessions(url)
        assert c.run(INSERT, id="second") == 1

    await database.write(disturbed)
    assert await database.read(names) == ["second", "try 2"]


async def test_what_may_have_been_done_is_not_done_again(database: PostgresDatabase) -> None:
    tries = 0

    def break_off(c: Connection) -> None:
        nonlocal tries
        tries += 1
        # It goes to the server together with the commit.
        c.do(END_THIS_SESSION)

    with pytest.raises(StorageError, match="may have been done, or not"):
        await database.write(break_off)
    assert tries == 1
    assert await database.write(insert("after")) == 1


async def test_what_can_be_done_again_is(database: PostgresDatabase) -> None:
    tries: list[bool] = []

    def break_off_once(c: Connection) -> None:
        tries.append(c.is_again)
        if len(tries) == 1:
            c.do(END_THIS_SESSION)
        c.do(INSERT, id=f"try {len(tries)}")

    await database.write(break_off_once, repeatable=True)
    assert tries == [False, True]
    assert await database.read(names) == ["try 2"]


async def test_a_server_that_keeps_silent_is_given_up(
    database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.storage.postgres.pipeline.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("parlez.storage.postgres.pool.AWAY_SECONDS", 0.1)
    with pytest.raises(StorageBusy, match="nobody answers there"):
        await database.write(lambda c: c.one(SLEEP, seconds=5))
    monkeypatch.setattr("parlez.storage.postgres.pool.AWAY_SECONDS", 5)
    assert await database.write(insert("after")) == 1


async def test_nobody_waits_longer_for_a_lock_for_having_waited_for_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "LOCK_MILLISECONDS", 1_000)
    monkeypatch.setattr("parlez.storage.postgres.pool.AWAY_SECONDS", 1.0)
    monkeypatch.setattr(session, "AWAY_SECONDS", 1.0)
    database = PostgresDatabase(read_address(url), no_death)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE account IN EXCLUSIVE MODE")
        began = time.monotonic()
        writes = (database.write(insert(f"{n}")) for n in range(40))
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert {type(result) for result in results} == {StorageBusy}
        assert 0.9 < time.monotonic() - began < 2
    await database.close()


async def test_closing_finishes_what_waits(url: str) -> None:
    database = PostgresDatabase(read_address(url), no_death)
    writes = [asyncio.create_task(database.write(insert(f"{n:04}"))) for n in range(300)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    sessions = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name LIKE 'parlez%' AND datname = current_database()"
    )
    with psycopg.connect(url, autocommit=True) as other:
        assert other.execute("SELECT count(*) FROM account").fetchone() == (300,)
        # The server takes a moment to miss those who said goodbye.
        while other.execute(sessions).fetchone() != (0,):
            await asyncio.sleep(0.01)


async def test_queries_that_pile_up_are_refused(
    database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.storage.postgres.pool.MOST_WAITING", 10)
    sleeps = [
        asyncio.create_task(database.write(lambda c: c.one(SLEEP, seconds=0.1))) for _ in range(12)
    ]
    results = await asyncio.gather(*sleeps, return_exceptions=True)
    assert sum(isinstance(result, StorageBusy) for result in results) == 2
    assert await database.write(insert("later")) == 1


async def test_a_server_that_restarts_is_waited_for() -> None:
    """Writes made while it is down are there when it is up again."""
    with running_postgres() as postgres:
        database = PostgresDatabase(read_address(postgres.make()), no_death)
        assert await database.write(insert("before")) == 1
        await asyncio.to_thread(postgres.stop)
        writes = [asyncio.create_task(database.write(insert(f"{n}"))) for n in range(5)]
        reading = asyncio.create_task(database.read(names))
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in (*writes, reading))
        await asyncio.to_thread(postgres.start)
        assert await asyncio.gather(*writes) == [1] * 5
        assert "before" in await reading
        assert len(await database.read(names)) == 6
        await asyncio.to_thread(postgres.stop)
        began = time.monotonic()
        results = await asyncio.gather(
            *(database.write(insert(f"late {n}")) for n in range(20)), return_exceptions=True
        )
        assert {type(result) for result in results} == {StorageBusy}
        assert time.monotonic() - began < 2 * session.AWAY_SECONDS
        await database.close()


async def test_the_planner_hears_of_tables_that_grow(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parlez.storage.postgres.owner.LOOK_SECONDS", 0.1)
    database = PostgresDatabase(read_address(url), no_death)

    def many(c: Connection) -> None:
        for number in range(1_000):
            c.do(INSERT, id=f"{number}")

    await database.write(many)
    known = "SELECT reltuples FROM pg_class WHERE relname = 'account'"
    with psycopg.connect(url, autocommit=True) as other:
        # A session tells the server what it changed at most once a second, after a transaction.
        while other.execute(known).fetchone() != (1_000,):
            await asyncio.sleep(0.1)
            await database.write(lambda c: c.do(text("SELECT 1")))
    await database.close()


URL = "postgresql://ada:geheim@db.example:5433/parlez?sslmode=require"


def test_an_address_is_read_and_shown_without_its_password() -> None:
    address = read_address(URL)
    assert address.parameters == {
        "host": "db.example",
        "port": "5433",
        "user": "ada",
        "password": "geheim",
        "dbname": "parlez",
        "sslmode": "require",
    }
    assert str(address) == "PostgreSQL database parlez at db.example:5433"
    assert "geheim" not in f"{address!r} {address} {Settings(database_url=URL)!r}"
    socket = read_address("postgres://u@/name?host=/run/postgresql")
    assert socket.parameters == {"host": "/run/postgresql", "user": "u", "dbname": "name"}
    assert isinstance(locate("postgresql+psycopg://h/d", Path()), Address)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:geh@eim@h/d",
        "postgresql://u:p@geheim:x/d",
        "postgresql:geheim",
        "mysql://u:geheim@h/d",
        "postgres//geheim",
    ],
)
def test_an_unusable_url_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        locate(url, Path())
    assert "geh" not in str(refused.value)
    assert "eim" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.replace("test_", "no_such_"), "there is no such database"),
        (lambda url: url.replace("postgres:@", "nobody:geheim@"), "there is no such user"),
        (lambda url: "postgresql://u:geheim@127.0.0.1:1/d", "no server listens there"),
        (lambda url: "postgresql://u:geheim@/d?host=/nowhere", "no server has such a socket"),
        (lambda url: "postgresql://u:geheim@h/d?hostaddr=geheim", "no usable value"),
        (lambda url: url + "&geheim=geheim", "refused"),
        (lambda url: url + "&sslmode=geheim", "no usable value"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_told_plainly(
    url: str, change: Callable[[str], str], told: str
) -> None:
    with pytest.raises(StorageError, match=told) as refused:
        open_database(locate(change(url), Path()), no_death)
    assert "geheim" not in str(refused.value)


def test_a_missing_driver_is_named_with_its_extra(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidInput, match=r"pip install 'parlez\[postgres\]'"):
        open_database(locate(url, Path()), no_death)
