"""Making messages findable, in the background.

What is to be done stands in the tables, and nowhere else: after a crash it is found there again.
Words come first, and meaning follows.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from parlez.core.bugs import describe
from parlez.core.documents import Page
from parlez.core.errors import ModelError, StorageError
from parlez.core.ports.embedder import EmbedderShelf
from parlez.core.ports.message_index import Changed, MessageIndexing, Span
from parlez.knowledge.chunking import chunks

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How long after its end a message is looked for, at the latest, while there is nothing to do."""

RETRY_SECONDS = 5.0
"""Before another try, after the database or the embedder failed."""

AT_ONCE = 8
"""Conversations that are read together, and pieces that are embedded together."""

LEAST_PAUSE = 0.02
"""Seconds between two steps: others want to write in between."""

PAUSE = 5.0
"""How long that is, as a multiple of what the step took: the more others write, the longer a step
takes, and the more they are let through."""


class MessageIndexer:
    def __init__(self, store: MessageIndexing, embedders: EmbedderShelf):
        self._store = store
        self._embedders = embedders
        self._after = ""
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context is open."""
        self._tasks = [
            asyncio.create_task(self._go_on(step), name=f"messages {step.__name__}")
            for step in (self.index_next, self.embed_next)
        ]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    @property
    def is_alive(self) -> bool:
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def index_next(self) -> bool:
        """Index some of what has changed, of one account after another; whether there was any."""
        some = await self._store.changed(self._after, AT_ONCE)
        if not some:
            return False
        self._after = some[0].scope.account_id
        for changed in some:
            await self._store.index(changed, await asyncio.to_thread(_spans, changed))
        return True

    async def embed_next(self) -> bool:
        """Embed some pieces, or drop vectors that are needed no more; whether there were any."""
        embedder = self._embedders.current
        if embedder is None:
            return False
        some = await self._store.without_vector(embedder.name, AT_ONCE)
        if not some:
            return await self._store.drop_old_vectors(embedder.name)
        embedded = await embedder.embed([text for _, _, text in some], in_background=True)
        # Nothing is loaded for it before there is something to embed.
        from parlez.knowledge import vectors

        made = [
            (scope, vectors.vector(serial, values))
            for (scope, serial, _), values in zip(some, embedded.vectors, strict=True)
        ]
        await self._store.add_vectors(embedder.name, made, some[-1][1])
        return True

    async def _go_on(self, step: Callable[[], Awaitable[bool]]) -> None:
        while True:
            try:
                began = time.monotonic()
                worked = await step()
                pause = max(LEAST_PAUSE, PAUSE * (time.monotonic() - began))
                await asyncio.sleep(pause if worked else LOOK_SECONDS)
            except (StorageError, ModelError) as error:
                logger.warning("messages are put off: %s", error.message)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:
                logger.error("messages are put off unexpectedly: %s", describe(error))
                await asyncio.sleep(RETRY_SECONDS)


def _spans(changed: Changed) -> Mapping[str, Sequence[Span]]:
    return {
        message_id: [Span(each.start, each.end) for each in chunks([Page(0, None, 0, text)])]
        for message_id, text in changed.texts.items()
    }
