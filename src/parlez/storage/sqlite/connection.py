"""Running statements on SQLite."""

import sqlite3
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from parlez.storage.connection import Row


class Compiler:
    """Statements as SQL text, each compiled at its first use."""

    def __init__(self) -> None:
        # To `:name` parameters, which the driver takes from a mapping.
        self._dialect = sqlite.dialect(paramstyle="named")
        self._compiled: dict[ClauseElement, str] = {}

    def sql(self, statement: ClauseElement) -> str:
        found = self._compiled.get(statement)
        if found is None:
            found = str(statement.compile(dialect=self._dialect))
            self._compiled[statement] = found
        return found


class SqliteConnection:
    """Implements `storage.connection.Connection`."""

    is_again = False

    def __init__(self, driver: sqlite3.Connection, compiler: Compiler):
        self._driver = driver
        self._sql = compiler.sql

    def do(self, statement: ClauseElement, /, **parameters: Any) -> None:
        self._driver.execute(self._sql(statement), parameters)

    def run(self, statement: ClauseElement, /, **parameters: Any) -> int:
        return self._driver.execute(self._sql(statement), parameters).rowcount

    def one(self, statement: ClauseElement, /, **parameters: Any) -> Row | None:
        row: Row | None = self._driver.execute(self._sql(statement), parameters).fetchone()
        return row

    def all(self, statement: ClauseElement, /, **parameters: Any) -> list[Row]:
        return self._driver.execute(self._sql(statement), parameters).fetchall()
