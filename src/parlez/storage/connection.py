"""A database connection as queries see it.

Queries are SQLAlchemy statements, compiled once for the database's dialect and then run on the
driver itself. Going through SQLAlchemy's `Connection` costs two and a half times as much CPU for
the handful of small statements that make a turn; rows here need no conversion anyway, because the
schema holds only text and integers.
"""

from typing import Any, Protocol

from sqlalchemy.sql import ClauseElement

Row = tuple[Any, ...]


class Connection(Protocol):
    """One connection inside one transaction, which is not the query's to begin or end.

    `is_again` is true where the query ran before and nobody can tell whether that was committed.
    """

    is_again: bool

    def do(self, statement: ClauseElement, /, **parameters: Any) -> None:
        """Execute for effect. If that fails the transaction does, maybe only at a later statement
        or the commit: a server far away need not be waited for."""
        ...

    def run(self, statement: ClauseElement, /, **parameters: Any) -> int:
        """Execute for effect; the number of rows changed."""
        ...

    def one(self, statement: ClauseElement, /, **parameters: Any) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, statement: ClauseElement, /, **parameters: Any) -> list[Row]: ...
