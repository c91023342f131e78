"""PostgreSQL as a source and a target of transfers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import Column, Integer, Table, Text

from parlez.storage import schema
from parlez.storage.connection import Row
from parlez.storage.postgres.address import Address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.errors import translate
from parlez.storage.postgres.migrate import migrate, needs_migration
from parlez.storage.postgres.owner import Owner
from parlez.storage.schema import SchemaUnknown


class PostgresTransfer:
    """Implements `Source` and `Target` of `storage.transfer.ports`."""

    def __init__(self, driver: psycopg.Connection):
        self._driver = driver

    def count(self, table: Table) -> int:
        [(count,)] = self._driver.execute(_on("SELECT count(*) FROM {table}", table))
        return int(count)

    def is_empty(self, table: Table) -> bool:
        found = self._driver.execute(_on("SELECT 1 FROM {table} LIMIT 1", table))
        return found.fetchone() is None

    def rows(self, table: Table) -> Iterator[Row]:
        query = _on("COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT", table)
        with self._driver.cursor() as cursor, cursor.copy(query) as copy:
            copy.set_types([_type(column) for column in table.columns])
            yield from copy.rows()

    def insert(self, table: Table, rows: Iterator[Row]) -> None:
        query = _on("COPY {table} ({columns}) FROM STDIN", table)
        with self._driver.cursor() as cursor, cursor.copy(query) as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def source(address: Address) -> Iterator[PostgresTransfer]:
    """The database as it is now, while others may go on writing to it. Raises `SchemaUnknown`,
    `StorageError`."""
    try:
        with closing(connect(address, "parlez export")) as driver:
            driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if needs_migration(driver, str(address)):
                raise SchemaUnknown(schema.outdated(f"The {address}"))
            yield PostgresTransfer(driver)
    except psycopg.Error as error:
        raise translate(error) from None


@contextmanager
def target(address: Address) -> Iterator[PostgresTransfer]:
    """The database, owned and given its schema; what was stored is committed if the context ends
    well, and undone if not. Raises `InUse`, `SchemaUnknown`, `StorageError`."""
    owner = Owner(address)
    driver = owner.acquire()
    try:
        migrate(driver, str(address))
        with driver.transaction():
            yield PostgresTransfer(driver)
    except psycopg.Error as error:
        raise translate(error) from None
    finally:
        owner.release()


def _on(query: str, table: Table) -> sql.Composed:
    return sql.SQL(query).format(
        table=sql.Identifier(table.name),
        columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        key=sql.SQL(", ").join(_by_bytes(column) for column in table.primary_key),
    )


def _by_bytes(column: Column[object]) -> sql.Composable:
    name = sql.Identifier(column.name)
    # Whatever order the database's language has, an export has SQLite's.
    return name + sql.SQL(' COLLATE "C"') if isinstance(column.type, Text) else name


def _type(column: Column[object]) -> str:
    return "int8" if isinstance(column.type, Integer) else "text"
