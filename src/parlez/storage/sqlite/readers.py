"""A few threads that read from SQLite, each with a connection of its own."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from parlez.storage.connection import Connection
from parlez.storage.query import run_query
from parlez.storage.sqlite.connection import Compiler, SqliteConnection
from parlez.storage.sqlite.errors import translate

T = TypeVar("T")

READERS = 2


class Readers:
    """Runs reads side by side. `connect` opens a connection for each thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], compiler: Compiler):
        self._connect = connect
        self._compiler = compiler
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="parlez-reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, query)

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown)
        for driver in self._open:
            driver.close()

    def _run(self, query: Callable[[Connection], T]) -> T:
        try:
            driver = self._driver()
            # One transaction, so that all statements of a query see the same moment.
            driver.execute("BEGIN")
            try:
                return run_query(query, self._local.connection)
            finally:
                # There is nothing to commit, and this cannot fail and leave it open.
                driver.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise translate(error) from None

    def _driver(self) -> sqlite3.Connection:
        """This thread's own connection. It is not opened when the thread begins: the pool would
        be broken for good if that failed, as it does when there are too many open files."""
        driver: sqlite3.Connection | None = getattr(self._local, "driver", None)
        if driver is None:
            driver = self._connect()
            self._open.append(driver)
            self._local.driver = driver
            self._local.connection = SqliteConnection(driver, self._compiler)
        return driver
