"""SQLite as a `storage.database.Database`."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.core.search import Within
from parlez.storage.connection import Connection
from parlez.storage.database import Dialect
from parlez.storage.sqlite import said_words
from parlez.storage.sqlite.checkpointer import Checkpointer
from parlez.storage.sqlite.connect import connect
from parlez.storage.sqlite.connection import Compiler
from parlez.storage.sqlite.readers import Readers
from parlez.storage.sqlite.words import search
from parlez.storage.sqlite.writer import Writer

T = TypeVar("T")


class SqliteDatabase:
    """One file, which must have its schema. To be made on the event loop that will use it.

    `on_death` is called when writing has become impossible for good.
    """

    dialect = Dialect.SQLITE

    def __init__(self, path: Path, on_death: Callable[[], None]):
        compiler = Compiler()
        self._driver = connect(path)
        self._writer = Writer(self._driver, compiler, on_death)
        self._readers = Readers(partial(connect, path, read_only=True), compiler)
        self._checkpointer = Checkpointer(path, partial(connect, path))

    def find_words(
        self, c: Connection, scope: Scope, sources: Sources, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        return search(c, scope, sources, words, limit)

    def find_said(
        self, c: Connection, scope: Scope, within: Within, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        return said_words.search(c, scope, within, words, limit)

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._readers.read(query)

    async def write(self, query: Callable[[Connection], T], *, repeatable: bool = False) -> T:
        return await self._writer.write(query)

    async def close(self) -> None:
        await self._checkpointer.close()
        await self._readers.close()
        await self._writer.close()
        # The last connection to close moves the log into the database.
        self._driver.close()
