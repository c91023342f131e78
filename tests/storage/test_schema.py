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
from parlez.storage.open import SqliteFile, locate
from parlez.storage.sqlite.migrate import migrate
from parlez.storage.tables import metadata

BY_DATABASE = ("chunk_words", "message_words", "message_change")

LEAVING_OUT = {"include_name": lambda name, *_: not (name or "").startswith(BY_DATABASE)}
"""The indexes of words, which are no tables, and what the database notes for itself."""


def test_the_migrations_make_what_the_tables_say(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=LEAVING_OUT)
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


OLD_CONVERSATIONS = [
    *(
        f"INSERT INTO conversation VALUES ('a', '{conversation_id}', {label}, 'm', 2, 1, 0, 0)"
        for conversation_id, label in (("c1", "NULL"), ("d1", "'u'"), ("e2", "'u'"))
    ),
    *(
        f"INSERT INTO message VALUES ('a', '{conversation_id}{number}', '{conversation_id}', 't', "
        f"{parent}, '{role}', 'completed', {number}, '{content}')"
        for conversation_id, number, parent, role, content in (
            ("c1", 1, "NULL", "user", " What is\na bee? "),
            ("c1", 2, "'c11'", "assistant", "An insect."),
            ("d1", 1, "NULL", "user", "x" * 100),
        )
    ),
]
"""Conversations as the first schema has them."""

TITLES = "SELECT title FROM conversation ORDER BY id"
OLD_TITLES = [("What is a bee?",), ("x" * 60,), (None,)]
COUNTS = "SELECT who, slot, active, archived FROM conversation_count ORDER BY who, slot"
OLD_COUNTS = [
    ("all", "1", 2, 0),
    ("all", "2", 1, 0),
    ("user:", "1", 1, 0),
    ("user:u", "1", 1, 0),
    ("user:u", "2", 1, 0),
]


def test_conversations_get_their_titles_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "parlez.db"
    old_database(path, "0002")
    with closing(sqlite3.connect(path)) as driver:
        for statement in OLD_CONVERSATIONS:
            driver.execute(statement)
        driver.commit()
    migrate(path)
    with closing(sqlite3.connect(path)) as driver:
        assert driver.execute(TITLES).fetchall() == OLD_TITLES
        assert driver.execute(COUNTS).fetchall() == OLD_COUNTS


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
    folder = Path("/data")
    assert locate(None, folder) == SqliteFile(Path("/data/parlez.db"))
    assert locate("sqlite:///./database.db", folder) == SqliteFile(tmp_path / "database.db")
    assert locate("sqlite:////srv/p.db", folder) == SqliteFile(Path("/srv/p.db"))
    for unusable in ("nonsense", "mysql://u:geheim@h/d", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(InvalidInput) as refused:
            locate(unusable, folder)
        assert "geheim" not in str(refused.value)
