"""Looking at a database that may be in use, without changing it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from parlez.storage import schema
from parlez.storage.sqlite.connect import connect

_PAGES_AT_ONCE = 1_000

Progress = Callable[[int, int], None]
"""Is told how many pages there are in all, and how many are still to come."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that leaves no trace."""
    if path.with_name(f"{path.name}-wal").exists():
        opened = connect(path, read_only=True)
    else:
        # Nobody has it open, and a reader would leave the files of a log behind.
        opened = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    with closing(opened) as connection:
        yield connection


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file; nothing if it is sound."""
    found = [str(row[0]).replace("\n", " ") for row in connection.execute("PRAGMA quick_check(5)")]
    return [] if found == ["ok"] else found


def revision(connection: sqlite3.Connection, name: str) -> str | None:
    """The database's schema, None where it has none yet.

    Raises `SchemaUnknown` for one that this version cannot work with.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    row = None
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found: str | None = row[0] if row else None
    schema.check(tables, found, name)
    return found


def copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy the database as it is at one moment, while others may go on writing to it."""
    with (
        closing(connect(source, read_only=True)) as connection,
        closing(sqlite3.connect(target)) as destination,
    ):
        # Holds the moment. Otherwise each write to the source would start the copy again.
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        connection.backup(
            destination,
            pages=_PAGES_AT_ONCE,
            progress=lambda _, left, total: progress(total, left),
            sleep=0,
        )
