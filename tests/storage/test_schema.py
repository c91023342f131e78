"""The schema: what migrations make is what the tables say, and strangers are left alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from parlez.core.errors import InvalidInput
from parlez.storage import schema
from parlez.storage.open import database_path
from parlez.storage.sqlite.migrate import migrate
from parlez.storage.tables import metadata


def test_the_migrations_make_what_the_tables_say(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        head = ScriptDirectory.from_config(schema.config(connection)).get_current_head()
    engine.dispose()
    assert head == schema.HEAD
    assert schema.HEAD in schema.revisions()


def test_a_current_database_is_left_alone(migrated: Path) -> None:
    before = migrated.read_bytes()
    assert migrate(migrated) is None
    assert migrated.read_bytes() == before


def old_database(path: Path, revision: str) -> None:
    """A database as an earlier version left it."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(schema.config(connection), revision)
    engine.dispose()


def test_an_older_database_is_copied_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "parlez.db"
    old_database(path, "0001")
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("INSERT INTO account VALUES ('a', 'local', 0)")
        driver.commit()
    copied = migrate(path)
    assert copied == tmp_path / "parlez.db.schema-0001.bak"
    assert copied.stat().st_mode & 0o077 == 0
    for file, revision in ((copied, "0001"), (path, schema.HEAD)):
        with closing(sqlite3.connect(file)) as driver:
            assert driver.execute("SELECT id FROM account").fetchall() == [("a",)]
            [(found,)] = driver.execute("SELECT version_num FROM alembic_version")
            assert found == revision
    with closing(sqlite3.connect(path)) as driver:
        assert driver.execute("SELECT role, tier FROM account").fetchall() == [("owner", None)]


def test_a_failing_migration_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: object) -> None:
        connection.exec_driver_sql("CREATE TABLE half (id TEXT)")  # type: ignore[attr-defined]
        raise RuntimeError("out of luck")

    monkeypatch.setattr(schema, "upgrade", break_off)
    with pytest.raises(RuntimeError):
        migrate(tmp_path / "new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as driver:
        assert driver.execute("SELECT * FROM sqlite_master").fetchall() == []


def test_a_newer_database_is_refused(data_dir: Path) -> None:
    path = data_dir / "parlez.db"
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("UPDATE alembic_version SET version_num = '9999'")
        driver.commit()
    with pytest.raises(schema.SchemaUnknown, match=r"schema 9999.*newer"):
        migrate(path)


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("CREATE TABLE users (id)")
    with pytest.raises(schema.SchemaUnknown, match="not Parlez's"):
        migrate(path)


def test_database_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert database_path(None, Path("/data")) == Path("/data/parlez.db")
    assert database_path("sqlite:///./database.db", Path("/data")) == tmp_path / "database.db"
    assert database_path("sqlite:////srv/p.db", Path("/data")) == Path("/srv/p.db")
    for unusable in ("nonsense", "mysql://u:geheim@h/d", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(InvalidInput) as refused:
            database_path(unusable, Path("/data"))
        assert "geheim" not in str(refused.value)
