"""SQLite as a source and a target of transfers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table

from parlez.core.errors import NotFound
from parlez.storage import schema
from parlez.storage.connection import Row
from parlez.storage.schema import SchemaUnknown
from parlez.storage.sqlite import look
from parlez.storage.sqlite.connect import connect
from parlez.storage.sqlite.errors import translate


class SqliteTransfer:
    """Implements `Source` and `Target` of `storage.transfer.ports`."""

    def __init__(self, driver: sqlite3.Connection):
        self._driver = driver

    def count(self, table: Table) -> int:
        row = self._driver.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        return int(row[0])

    def is_empty(self, table: Table) -> bool:
        return self._driver.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None

    def rows(self, table: Table) -> Iterator[Row]:
        columns = ", ".join(column.name for column in table.columns)
        key = ", ".join(column.name for column in table.primary_key)
        return iter(self._driver.execute(f"SELECT {columns} FROM {table.name} ORDER BY {key}"))

    def insert(self, table: Table, rows: Iterator[Row]) -> None:
        columns = ", ".join(column.name for column in table.columns)
        places = ", ".join("?" for _ in table.columns)
        self._driver.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", rows)


@contextmanager
def source(path: Path) -> Iterator[SqliteTransfer]:
    """The file as it is now, while others may go on writing to it. Raises `NotFound`,
    `SchemaUnknown`, `StorageError`."""
    if not path.is_file() or path.stat().st_size == 0:
        raise NotFound(f"There is no database at {path}.")
    try:
        with look.reading(path) as driver:
            driver.execute("BEGIN")
            if look.revision(driver, path.name) != schema.HEAD:
                raise SchemaUnknown(schema.outdated(path.name))
            yield SqliteTransfer(driver)
    except sqlite3.Error as error:
        raise translate(error) from None


@contextmanager
def target(path: Path) -> Iterator[SqliteTransfer]:
    """The file, which the caller owns and which has its schema; what was stored is committed if the
    context ends well, and undone if not."""
    try:
        with closing(connect(path)) as driver:
            driver.execute("BEGIN EXCLUSIVE")
            try:
                yield SqliteTransfer(driver)
            except BaseException:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise
            driver.execute("COMMIT")
    except sqlite3.Error as error:
        raise translate(error) from None
