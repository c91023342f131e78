"""What a store needs of a database, whichever it is."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.core.search import Within
from parlez.storage.connection import Connection

T = TypeVar("T")


class Dialect(StrEnum):
    """How a database speaks, where no SQL does for both."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Database(Protocol):
    """Runs queries, each call one transaction, off the event loop.

    Both methods raise `StorageError` when the database refuses; an exception of the query's own
    undoes its transaction and is passed on.
    """

    @property
    def dialect(self) -> Dialect: ...

    def find_words(
        self, c: Connection, scope: Scope, sources: Sources, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        """Serials of the ready chunks that have any of these words, best first, and their score by
        BM25."""
        ...

    def find_said(
        self, c: Connection, scope: Scope, within: Within, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        """Serials of the pieces of messages that have any of these words, those with the rarest
        first, and what those count for."""
        ...

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query that changes nothing."""
        ...

    async def write(self, query: Callable[[Connection], T], *, repeatable: bool = False) -> T:
        """Run a query, and return once what it changed is on disk.

        One that is `repeatable` is run again where a connection breaks so that nobody can tell
        whether it was committed; it looks at `Connection.is_again`.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
        ...
