"""A database connection as queries see it.

Queries are SQLAlchemy statements, compiled once for the database's dialect and then run on the
driver's own cursor. Going through SQLAlchemy's `Connection` costs two and a half times as much
CPU for the handful of small statements that make a turn; rows here need no conversion anyway,
because the schema holds only text and integers.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

Row = tuple[Any, ...]


class Cursor(Protocol):
    """What is used of a DB-API cursor (PEP 249)."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Driver(Protocol):
    """What is used of a driver's connection."""

    def execute(self, sql: str, parameters: Mapping[str, Any], /) -> Cursor: ...


class Compiler:
    """Statements as SQL text of one dialect, each compiled at its first use."""

    def __init__(self, dialect: Dialect):
        self._dialect = dialect
        self._compiled: dict[ClauseElement, str] = {}

    def sql(self, statement: ClauseElement) -> str:
        found = self._compiled.get(statement)
        if found is None:
            found = str(statement.compile(dialect=self._dialect))
            self._compiled[statement] = found
        return found


class Connection:
    """One connection inside one transaction, which is not the query's to begin or end."""

    def __init__(self, driver: Driver, compiler: Compiler):
        self._driver = driver
        self._sql = compiler.sql

    def run(self, statement: ClauseElement, /, **parameters: Any) -> int:
        """Execute for effect; the number of rows changed."""
        return self._driver.execute(self._sql(statement), parameters).rowcount

    def one(self, statement: ClauseElement, /, **parameters: Any) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._driver.execute(self._sql(statement), parameters).fetchone()
        return row

    def all(self, statement: ClauseElement, /, **parameters: Any) -> list[Row]:
        return self._driver.execute(self._sql(statement), parameters).fetchall()
