"""Threads that run queries on PostgreSQL, each with a connection of its own."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from parlez.core.errors import StorageBusy
from parlez.storage.connection import Connection
from parlez.storage.postgres.session import AWAY_SECONDS, Session

T = TypeVar("T")

MOST_WAITING = 10_000
"""Queries in the queue; past it callers are told that the database is busy."""


class Pool:
    """`session` makes what each thread works with."""

    def __init__(self, threads: int, session: Callable[[], Session]):
        self._session = session
        self._sessions: list[Session] = []
        self._local = threading.local()
        self._waiting = 0
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="parlez-postgres", initializer=self._prepare
        )

    async def run(self, query: Callable[[Connection], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise StorageBusy("Too many queries wait for the database. Try again in a moment.")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(
            self._threads, self._run, query, time.monotonic() + AWAY_SECONDS
        )
        future.add_done_callback(self._done)
        return await future

    async def close(self) -> None:
        """Finish what waits, then let go of the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        for session in self._sessions:
            session.close()

    def _prepare(self) -> None:
        self._local.session = self._session()
        self._sessions.append(self._local.session)

    def _run(self, query: Callable[[Connection], T], deadline: float) -> T:
        session: Session = self._local.session
        return session.run(query, deadline)

    def _done(self, _: object) -> None:
        self._waiting -= 1
