"""What must be done every now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from parlez.core.bugs import describe
from parlez.core.errors import StorageError
from parlez.core.ports.clock import Clock
from parlez.core.ports.turn_store import TurnStore
from parlez.core.turn_engine import TurnEngine

logger = logging.getLogger(__name__)

EVERY_SECONDS = 5.0

KEYS_KEPT = timedelta(hours=24)
"""How long an idempotency key is known."""


CALLS_KEPT = timedelta(hours=25)
"""How long a counted call is remembered: longer than any limit looks back."""


class Upkeep:
    """Sweeps up lost turns, and forgets logs of turns that ended longer than `keep` ago and
    idempotency keys of yesterday; and does what else is among `chores`."""

    def __init__(
        self,
        engine: TurnEngine,
        store: TurnStore,
        clock: Clock,
        keep: timedelta,
        chores: Sequence[Callable[[], Awaitable[None]]] = (),
    ):
        self._engine = engine
        self._store = store
        self._clock = clock
        self._keep = keep
        self._chores = chores

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep house for as long as the context is open."""
        closing = asyncio.Event()
        task = asyncio.create_task(self._run(closing), name="upkeep")
        try:
            yield
        finally:
            closing.set()
            await task

    async def once(self) -> None:
        await self._engine.sweep()
        now = self._clock.now()
        await self._store.prune(
            now - _microseconds(self._keep),
            now - _microseconds(KEYS_KEPT),
            now - _microseconds(CALLS_KEPT),
        )
        for chore in self._chores:
            await chore()

    async def _run(self, closing: asyncio.Event) -> None:
        while not closing.is_set():
            try:
                await self.once()
            except StorageError as error:
                logger.warning("upkeep is put off: %s", error.code)
            except Exception as error:
                logger.error("upkeep failed: %s", describe(error))
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await closing.wait()
            except TimeoutError:
                continue


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
