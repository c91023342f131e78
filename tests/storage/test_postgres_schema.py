"""The schema on PostgreSQL: the same migrations make the same tables."""

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from tests.storage.test_schema import COUNTS, OLD_CONVERSATIONS, OLD_COUNTS, OLD_TITLES, TITLES
from tests.support.postgres import Postgres

from parlez.core.errors import StorageError
from parlez.storage import schema
from parlez.storage.postgres.address import read_address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.migrate import migrate, revision
from parlez.storage.tables import metadata

BY_DATABASE = ("words", "chunk_words", "message_words", "message_change")

LEAVING_OUT = {"include_object": lambda it, name, *_: name not in BY_DATABASE}
"""The words of chunks and messages, which only this kind of database keeps like that, and what the
database notes for itself."""


def migrated(url: str) -> str | None:
    with connect(read_address(url), "tests") as driver:
        migrate(driver, "database")
        return revision(driver)


def test_the_migrations_make_what_the_tables_say(postgres: Postgres) -> None:
    url = postgres.make("template0")
    assert migrated(url) == schema.HEAD
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=LEAVING_OUT)
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert migrated(url) == schema.HEAD


def test_an_older_database_is_upgraded(postgres: Postgres) -> None:
    url = postgres.make("template0")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.begin() as connection:
        command.upgrade(schema.config(connection), "0001")
        connection.exec_driver_sql("INSERT INTO account VALUES ('a', 'local', 0)")
        for statement in OLD_CONVERSATIONS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert migrated(url) == schema.HEAD
    with psycopg.connect(url) as driver:
        assert driver.execute("SELECT id, role FROM account").fetchall() == [("a", "owner")]
        assert driver.execute(TITLES).fetchall() == OLD_TITLES
        assert driver.execute(COUNTS).fetchall() == OLD_COUNTS


def test_a_failing_migration_changes_nothing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: object) -> None:
        connection.exec_driver_sql("CREATE TABLE half (id TEXT)")  # type: ignore[attr-defined]
        connection.exec_driver_sql("SELECT geheim")  # type: ignore[attr-defined]

    monkeypatch.setattr(schema, "upgrade", break_off)
    url = postgres.make("template0")
    with pytest.raises(StorageError, match="UndefinedColumn") as raised:
        migrated(url)
    assert "geheim" not in str(raised.value)
    with psycopg.connect(url) as driver:
        assert driver.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_strangers_are_left_alone(postgres: Postgres) -> None:
    newer, theirs = postgres.make(), postgres.make("template0")
    with psycopg.connect(newer) as driver:
        driver.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(schema.SchemaUnknown, match=r"schema 9999.*newer"):
        migrated(newer)
    with psycopg.connect(theirs) as driver:
        driver.execute("CREATE TABLE users (id int)")
    with pytest.raises(schema.SchemaUnknown, match="not Parlez's"):
        migrated(theirs)


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Postgres) -> None:
    with postgres.admin() as admin:
        admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StorageError, match="UTF-8"):
        migrated(postgres.url("latin"))
