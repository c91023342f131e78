"""PostgreSQL as a `storage.database.Database`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.core.search import Within
from parlez.storage.connection import Connection
from parlez.storage.database import Dialect
from parlez.storage.postgres import said_words
from parlez.storage.postgres.address import Address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.lock import WORKER
from parlez.storage.postgres.migrate import migrate
from parlez.storage.postgres.owner import Owner
from parlez.storage.postgres.pool import Pool
from parlez.storage.postgres.session import READ, WRITE, Session
from parlez.storage.postgres.statements import Compiler
from parlez.storage.postgres.words import search

T = TypeVar("T")

WRITERS = 8
READERS = 4


class PostgresDatabase:
    """A database with its schema, which this process owns until `close`. To be made on the event
    loop that will use it.

    The server groups the commits of its sessions, so writes run side by side; where they must not,
    a query holds the row that they meet at. `on_death` is called when another process owns the
    database.
    """

    dialect = Dialect.POSTGRESQL

    def __init__(self, address: Address, on_death: Callable[[], None]):
        loop = asyncio.get_running_loop()
        compiler = Compiler()
        open_one = partial(connect, address, WORKER)
        self._owner = Owner(address)
        driver = self._owner.acquire()
        try:
            migrate(driver, str(address))
        except BaseException:
            self._owner.release()
            raise
        self._owner.watch(partial(_tell, loop, on_death))
        self._readers = Pool(READERS, lambda: Session(open_one, compiler, READ))
        self._writers = Pool(WRITERS, lambda: Session(open_one, compiler, WRITE))

    def find_words(
        self, c: Connection, scope: Scope, sources: Sources, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        return search(c, scope, sources, words, limit)

    def find_said(
        self, c: Connection, scope: Scope, within: Within, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        return said_words.search(c, scope, within, words, limit)

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._readers.run(query, repeatable=True)

    async def write(self, query: Callable[[Connection], T], *, repeatable: bool = False) -> T:
        return await self._writers.run(query, repeatable=repeatable)

    async def close(self) -> None:
        await self._readers.close()
        await self._writers.close()
        await asyncio.to_thread(self._owner.release)


def _tell(loop: asyncio.AbstractEventLoop, on_death: Callable[[], None]) -> None:
    # A loop that is closed already has nobody left to tell.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(on_death)
