"""What a transfer needs of a database, whichever it is."""

from collections.abc import Iterator
from typing import Protocol

from sqlalchemy import Table

from parlez.storage.connection import Row


class Source(Protocol):
    """A database as it is at one moment, with the schema that this version knows."""

    def count(self, table: Table) -> int: ...

    def rows(self, table: Table) -> Iterator[Row]:
        """All rows, as text and integers in the order of the columns, sorted by the bytes of the
        primary key."""
        ...


class Target(Protocol):
    """A database inside one transaction, which nobody else uses."""

    def is_empty(self, table: Table) -> bool: ...

    def insert(self, table: Table, rows: Iterator[Row]) -> None:
        """Store rows, taking them one by one."""
        ...
