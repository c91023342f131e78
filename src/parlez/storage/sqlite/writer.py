"""The one thread that writes to SQLite, committing in groups.

SQLite syncs the disk once per commit, so whatever waits when the thread becomes free is run in
one transaction: each write in a savepoint of its own, one commit for all, and only then is anyone
answered. https://sqlite.org/lang_savepoint.html, https://sqlite.org/wal.html
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from parlez.core.bugs import describe
from parlez.core.errors import StorageBusy
from parlez.storage.connection import Connection
from parlez.storage.sqlite.connection import Compiler, SqliteConnection
from parlez.storage.sqlite.errors import translate

T = TypeVar("T")

logger = logging.getLogger(__name__)

MOST_IN_A_GROUP = 256
"""Writes of one commit; a bound on how long the first of them waits."""

MOST_WAITING = 10_000
"""Writes in the queue; past it callers are told that the database is busy."""


@dataclass(slots=True)
class _Write:
    query: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs writes in order. `on_death` is called, from the loop, if the thread ever dies: nothing
    can be acknowledged from then on."""

    def __init__(
        self,
        driver: sqlite3.Connection,
        compiler: Compiler,
        on_death: Callable[[], None],
    ):
        self._driver = driver
        self._connection = SqliteConnection(driver, compiler)
        self._on_death = on_death
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="parlez-writer", daemon=True)
        self._thread.start()

    async def write(self, query: Callable[[Connection], T]) -> T:
        if self._queue.qsize() >= MOST_WAITING:
            raise StorageBusy("Too many writes wait for the disk. Try again in a moment.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Write(query, future))
        return await future

    async def close(self) -> None:
        """Commit what waits, then stop."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            while (group := self._next_group()) is not None:
                self._commit(group)
                self._loop.call_soon_threadsafe(_answer, group)
        except BaseException as error:
            logger.critical("the database writer died: %s", describe(error))
            self._loop.call_soon_threadsafe(self._on_death)

    def _next_group(self) -> list[_Write] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < MOST_IN_A_GROUP:
            try:
                another = self._queue.get_nowait()
            except queue.Empty:
                break
            if another is None:
                # Closing: answer this group first, then see the end again.
                self._queue.put(None)
                break
            group.append(another)
        return group

    def _commit(self, group: list[_Write]) -> None:
        try:
            self._driver.execute("BEGIN IMMEDIATE")
            for write in group:
                self._run_one(write)
            self._driver.execute("COMMIT")
        except sqlite3.Error as error:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            _fail(group, error)

    def _run_one(self, write: _Write) -> None:
        self._driver.execute("SAVEPOINT one")
        try:
            write.result = write.query(self._connection)
        except Exception as error:
            write.error = translate(error) if isinstance(error, sqlite3.Error) else error
            # Some errors, a full disk among them, end the whole transaction. Then nothing of this
            # group is kept, and the commit must not pretend otherwise.
            if not self._driver.in_transaction:
                if isinstance(error, sqlite3.Error):
                    raise
                raise sqlite3.OperationalError("the transaction was lost") from error
            self._driver.execute("ROLLBACK TO one")
        self._driver.execute("RELEASE one")


def _fail(group: list[_Write], error: sqlite3.Error) -> None:
    for write in group:
        write.error = write.error or translate(error)


def _answer(group: list[_Write]) -> None:
    for write in group:
        if write.future.done():
            continue
        if write.error is not None:
            write.future.set_exception(write.error)
        else:
            write.future.set_result(write.result)
