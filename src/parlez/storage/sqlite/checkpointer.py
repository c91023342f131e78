"""Moving the write-ahead log into the database, off the request path.

An automatic checkpoint runs inside the commit that crosses its threshold and stalls it for some
milliseconds; a passive one beside it disturbs neither readers nor the writer.
https://sqlite.org/wal.html#ckpt
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

EVERY_SECONDS = 1.0

LOG_BYTES = 4 * 1024 * 1024
"""A log shorter than this is left alone."""


class Checkpointer:
    """Looks at the log every second while it is open."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]):
        self._log = path.with_name(path.name + "-wal")
        self._driver = connect()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="checkpointer")

    async def close(self) -> None:
        self._closing.set()
        await self._task
        self._driver.close()

    async def _run(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._closing.wait()
            if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
                # A lock in the way, or a full disk, is no reason to give up: the log stays valid,
                # and the next round tries again.
                with contextlib.suppress(sqlite3.Error):
                    await asyncio.to_thread(self._driver.execute, "PRAGMA wal_checkpoint(PASSIVE)")
