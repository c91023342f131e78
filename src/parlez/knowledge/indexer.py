"""Making documents findable, in the background.

What is to be done stands in the tables, and nowhere else: after a crash it is found there again.
Reading and embedding go on side by side, and each puts one document after another a step further.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from parlez.core.bugs import describe
from parlez.core.documents import CANNOT_READ, NO_TEXT, Document, UnreadableFile
from parlez.core.errors import ModelError, NotFound, StorageError
from parlez.core.identity import Scope
from parlez.core.ports.blobs import Blobs
from parlez.core.ports.document_store import IndexingStore, StoredChunk
from parlez.core.ports.embedder import Embedder, EmbedderShelf
from parlez.core.ports.reader import Reader
from parlez.core.shelving import Shelving
from parlez.knowledge.chunking import chunks
from parlez.knowledge.nearest import Nearest

logger = logging.getLogger(__name__)

STORED_AT_ONCE = 10
"""Pages or chunks in one transaction. Conversations want to write in between."""

EMBEDDED_AT_ONCE = 8
"""Chunks between which others are let through, and after which a crash repeats nothing."""

RETRY_SECONDS = 5.0
"""Before another try, after the database or the embedder failed."""


class Indexer:
    def __init__(
        self,
        store: IndexingStore,
        blobs: Blobs,
        reader: Reader,
        embedders: EmbedderShelf,
        nearest: Nearest,
        shelving: Shelving,
    ):
        self._store = store
        self._blobs = blobs
        self._reader = reader
        self._embedders = embedders
        self._nearest = nearest
        self._shelving = shelving
        self._wakers: list[asyncio.Event] = []
        self._reading: tuple[Document, asyncio.Task[None]] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context is open."""
        await self._blobs.sweep(await self._store.files())
        tasks = [
            asyncio.create_task(self._go_on(step), name=f"documents {step.__name__}")
            for step in (self._read_next, self._embed_next, self._purge_next)
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def wake(self) -> None:
        """There is something to do."""
        for waker in self._wakers:
            waker.set()

    def drop(self, scope: Scope, document_id: str | None) -> None:
        """A document is gone, or all of an account: stop reading it."""
        self._nearest.forget(scope)
        if self._reading:
            reading, task = self._reading
            if document_id == reading.id or (document_id is None and scope == reading.scope):
                task.cancel()

    async def _go_on(self, step: Callable[[], Awaitable[bool]]) -> None:
        waker = asyncio.Event()
        self._wakers.append(waker)
        while True:
            waker.clear()
            try:
                if not await step():
                    await waker.wait()
            except NotFound:
                # It was removed meanwhile.
                pass
            except (StorageError, ModelError) as error:
                logger.warning("documents are put off: %s", error.message)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:
                logger.error("documents are put off unexpectedly: %s", describe(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_next(self) -> bool:
        document = await self._store.next_to_read()
        if document is None:
            return False
        # A task of its own, so that ending it does not end all reading.
        task = asyncio.create_task(self._read(document))
        self._reading = (document, task)
        try:
            await asyncio.wait([task])
        finally:
            self._reading = None
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled():
            task.result()
        self.wake()
        return True

    async def _read(self, document: Document) -> None:
        scope = document.scope
        try:
            file = self._blobs.path(scope, document.sha256)
            if not file.is_file():
                raise UnreadableFile("The file is not here any more.", code=CANNOT_READ)
            pages = await self._reader.read(file, document.name)
            cut = await asyncio.to_thread(lambda: list(chunks(pages)))
            if not cut:
                raise UnreadableFile("The file holds no text.", code=NO_TEXT)
        except UnreadableFile as error:
            await self._store.fail(scope, document.id, error.code, error.message)
            return
        for start in range(0, len(pages), STORED_AT_ONCE):
            some = pages[start : start + STORED_AT_ONCE]
            await self._store.add_text(scope, document.id, some, ())
        for start in range(0, len(cut), STORED_AT_ONCE):
            few = cut[start : start + STORED_AT_ONCE]
            await self._store.add_text(scope, document.id, (), few)
        await self._store.finish_reading(
            scope,
            document.id,
            sum(page.number is not None for page in pages) or None,
            sum(len(page.text) for page in pages),
            len(cut),
        )

    async def _embed_next(self) -> bool:
        embedder = self._embedders.current
        document = await self._store.next_to_embed(embedder.name if embedder else None)
        if document is None:
            return False
        scope = document.scope
        if embedder is None:
            await self._store.finish_embedding(scope, document.id, None)
            return True
        some = await self._store.without_vector(scope, document.id, embedder.name, EMBEDDED_AT_ONCE)
        if some:
            await self._embed(document, embedder, some)
        if len(some) < EMBEDDED_AT_ONCE:
            await self._store.finish_embedding(scope, document.id, embedder.name)
            self._nearest.forget(scope)
        return True

    async def _embed(self, document: Document, embedder: Embedder, some: list[StoredChunk]) -> None:
        texts = [_embedded(each) for each in some]
        embedded = await embedder.embed(texts, in_background=True)
        # Nothing is loaded for it before there is something to embed.
        from parlez.knowledge import vectors

        made = [
            vectors.vector(each.serial, vector)
            for each, vector in zip(some, embedded.vectors, strict=True)
        ]
        await self._store.add_vectors(document.scope, document.id, embedder.name, made)

    async def _purge_next(self) -> bool:
        document = await self._store.purge()
        if document is None:
            return False
        scope, sha256 = document.scope, document.sha256
        async with self._shelving.of(scope):
            if not await self._store.forget(scope, document.id, sha256):
                await self._blobs.remove(scope, sha256)
        return True


def _embedded(found: StoredChunk) -> str:
    """A chunk with its heading, which says what it is about."""
    chunk = found.chunk
    return chunk.text if chunk.heading in chunk.text else f"{chunk.heading}\n{chunk.text}"
