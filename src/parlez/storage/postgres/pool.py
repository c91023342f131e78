"""Threads that run queries on PostgreSQL, each with a connection of its own."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from parlez.core.errors import StorageBusy, StorageError
from parlez.storage.connection import Connection
from parlez.storage.postgres.session import AWAY_SECONDS, Session

T = TypeVar("T")

MOST_WAITING = 10_000
"""Queries in the queue; past it callers are told that the database is busy."""


@dataclass(slots=True)
class _Job:
    query: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    deadline: float
    repeatable: bool
    result: Any = None
    error: BaseException | None = None


class Pool:
    """To be made on the event loop that will use it. `session` makes what each thread works
    with."""

    def __init__(self, threads: int, session: Callable[[], Session]):
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: deque[_Job] = deque()
        self._is_woken = False
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, args=(session(),), name="parlez-postgres")
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    async def run(self, query: Callable[[Connection], T], *, repeatable: bool) -> T:
        if self._is_closed:
            raise StorageError("The database is closed.")
        if self._jobs.qsize() >= MOST_WAITING:
            raise StorageBusy("Too many queries wait for the database. Try again in a moment.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(query, future, time.monotonic() + AWAY_SECONDS, repeatable))
        return await future

    async def close(self) -> None:
        """Finish what waits, then let go of the connections. Whoever comes later is refused."""
        self._is_closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self, session: Session) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job.result = session.run(job.query, job.deadline, repeatable=job.repeatable)
            except BaseException as error:
                job.error = error
            self._done.append(job)
            # The loop is woken once for all that is done by the time it looks.
            if not self._is_woken:
                self._is_woken = True
                self._loop.call_soon_threadsafe(self._answer)
        session.close()

    def _answer(self) -> None:
        self._is_woken = False
        while self._done:
            job = self._done.popleft()
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
