"""The one thread that writes to SQLite, committing in groups.

SQLite syncs the disk once per commit, so whatever waits when the thread becomes free is run in
one transaction: one commit for all, and only then is anyone answered. If one of them fails all are
undone and run again, each in a savepoint of its own. Between any two statements the event loop may
take the interpreter, so that savepoints for all would cost a third of the whole.
https://sqlite.org/lang_savepoint.html, https://sqlite.org/wal.html
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from parlez.core.bugs import describe
from parlez.core.errors import StorageBusy, StorageError
from parlez.storage.connection import Connection
from parlez.storage.query import run_query
from parlez.storage.sqlite import connect
from parlez.storage.sqlite.connection import Compiler, SqliteConnection
from parlez.storage.sqlite.errors import translate

T = TypeVar("T")

logger = logging.getLogger(__name__)

MOST_IN_A_GROUP = 256
"""Writes of one commit; a bound on how long the first of them waits."""

MOST_WAITING = 10_000
"""Writes in the queue; past it callers are told that the database is busy."""

LOCK_PAUSE = 0.01
"""Seconds between two tries to get the lock from another program."""


@dataclass(slots=True)
class _Write:
    query: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    since: float
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
        self._groups: queue.SimpleQueue[list[_Write] | None] = queue.SimpleQueue()
        self._waiting: list[_Write] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_closed = False
        # Waiting for the lock is done here, where it is known how long each write has waited.
        driver.execute("PRAGMA busy_timeout = 0")
        self._thread = threading.Thread(target=self._run, name="parlez-writer", daemon=True)
        self._thread.start()

    async def write(self, query: Callable[[Connection], T]) -> T:
        """Run a write, which may be run twice: what it did the first time is then undone, as far as
        the database goes."""
        if self._is_closed:
            raise StorageError("The database is closed.")
        if len(self._waiting) >= MOST_WAITING:
            raise StorageBusy("Too many writes wait for the disk. Try again in a moment.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(_Write(query, future, time.monotonic()))
        if self._idle.is_set():
            # Whatever else this turn of the loop writes shall go with it.
            self._idle.clear()
            self._loop.call_soon(self._hand_over)
        return await future

    async def close(self) -> None:
        """Commit what waits, then stop. Whoever comes later is refused."""
        self._is_closed = True
        await self._idle.wait()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Give the thread all that waits, or let it rest."""
        group, self._waiting = self._waiting[:MOST_IN_A_GROUP], self._waiting[MOST_IN_A_GROUP:]
        if group:
            self._groups.put(group)
        else:
            self._idle.set()

    def _take_back(self, group: list[_Write]) -> None:
        """Answer a group whose work is done, and go on with what has gathered meanwhile."""
        _answer(group)
        self._hand_over()

    def _run(self) -> None:
        try:
            while (group := self._groups.get()) is not None:
                self._commit(group)
                self._loop.call_soon_threadsafe(self._take_back, group)
        except BaseException as error:
            logger.critical("the database writer died: %s", describe(error))
            self._loop.call_soon_threadsafe(self._on_death)

    def _commit(self, group: list[_Write]) -> None:
        try:
            self._begin(group)
            if not self._run_together(group):
                self._begin(group)
                for write in group:
                    self._run_one(write)
            self._driver.execute("COMMIT")
        except sqlite3.Error as error:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            _fail(group, error)

    def _begin(self, group: list[_Write]) -> None:
        """Begin a transaction. While another program holds the lock, each write waits as long as it
        may, those before it included; then it is refused, and is no longer one of the group."""
        while True:
            try:
                self._driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.Error as error:
                longest = time.monotonic() - connect.BUSY_MILLISECONDS / 1000
                refused = [write for write in group if write.since <= longest]
                if not isinstance(translate(error), StorageBusy) or len(refused) == len(group):
                    raise
                del group[: len(refused)]
                _fail(refused, error)
                self._loop.call_soon_threadsafe(_answer, refused)
                time.sleep(LOCK_PAUSE)

    def _run_together(self, group: list[_Write]) -> bool:
        """Whether all went well; if not, all are undone."""
        try:
            for write in group:
                write.result = run_query(write.query, self._connection)
        except Exception:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            return False
        return True

    def _run_one(self, write: _Write) -> None:
        self._driver.execute("SAVEPOINT one")
        try:
            write.result = run_query(write.query, self._connection)
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
