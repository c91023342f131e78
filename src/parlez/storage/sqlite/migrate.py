"""Bringing a SQLite file to the current schema, with a copy of it made first."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection

from parlez.storage import schema
from parlez.storage.sqlite.connect import connect


def migrate(path: Path) -> Path | None:
    """Create or upgrade the schema; the path of the copy that was made of an older one.

    The caller holds the lock on the database. Raises `SchemaUnknown`.
    """
    with closing(connect(path)) as driver:
        tables = {row[0] for row in driver.execute("SELECT name FROM sqlite_master")}
        revision = _revision(driver) if "alembic_version" in tables else None
        if not schema.check(tables, revision, path.name):
            return None
        copied = copy(driver, path, revision) if revision else None
    _upgrade(path)
    return copied


def copy(driver: sqlite3.Connection, path: Path, revision: str) -> Path:
    """Copy the database beside itself, named after its schema."""
    target = path.with_name(f"{path.name}.schema-{revision}.bak")
    target.touch(mode=0o600)
    with closing(sqlite3.connect(target)) as destination:
        driver.backup(destination)
    return target


def _revision(driver: sqlite3.Connection) -> str | None:
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _upgrade(path: Path) -> None:
    engine = create_engine("sqlite://", creator=lambda: connect(path))

    def begin(connection: Connection) -> None:
        # The driver is in autocommit mode; schema changes too are to happen all or not at all.
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    event.listen(engine, "begin", begin)
    try:
        with engine.begin() as connection:
            schema.upgrade(connection)
    finally:
        engine.dispose()
