"""Finding what was said."""

from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.ports.embedder import Embedder
from parlez.core.search import Found, SearchQuery


class MessageSearcher(Protocol):
    @property
    def embedder(self) -> Embedder | None:
        """Who embeds queries; None where words alone decide."""
        ...

    async def find(self, scope: Scope, query: SearchQuery, wanted: int) -> Found:
        """The messages that fit best, at least so many if there are so many; the offset and the
        limit of the query are left to the caller. Raises `StorageError`; without an embedder, or
        with one that fails, words alone decide."""
        ...
