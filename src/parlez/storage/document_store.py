"""Documents, behind the ports of `core.ports.document_store`."""

import builtins
from collections.abc import Collection, Sequence

from parlez.core.documents import Chunk, Document, Page
from parlez.core.identity import Scope
from parlez.core.ports.clock import Clock
from parlez.core.ports.document_store import KeptFile, StoredChunk
from parlez.core.ports.vectors import Code, Vector
from parlez.core.retrieval import Readiness, Sources
from parlez.storage import assistants, chunks, documents, indexing
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlDocumentStore:
    """Implements `DocumentStore`, `ChunkSearch` and `IndexingStore`."""

    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._read = database.read
        self._write = database.write
        self._clock = clock

    async def add(self, scope: Scope, file: KeptFile) -> tuple[Document, bool]:
        now = self._clock.now()
        return await self._write(lambda c: documents.add(c, scope, file, now))

    async def list(
        self, scope: Scope, limit: int, before: str | None
    ) -> tuple[builtins.list[Document], str | None]:
        return await self._read(lambda c: documents.page(c, scope, limit, before))

    async def find(self, scope: Scope, document_id: str) -> Document:
        return await self._read(lambda c: documents.find(c, scope, document_id))

    async def known(self, scope: Scope, document_ids: Collection[str]) -> set[str]:
        dialect = self._database.dialect
        return await self._read(lambda c: documents.known(c, dialect, scope, document_ids))

    async def readiness(self, scope: Scope, sources: Sources) -> Readiness:
        dialect = self._database.dialect
        return await self._read(lambda c: documents.readiness(c, dialect, scope, sources))

    async def resolve(self, scope: Scope, sources: Sources) -> Sources:
        if sources.assistant_id is None:
            return sources
        assistant_id, named = sources.assistant_id, sources.document_ids or ()
        had = await self._read(lambda c: assistants.document_ids(c, scope, assistant_id))
        return Sources(tuple({*had, *named}))

    async def remove(self, scope: Scope, document_id: str) -> None:
        now = self._clock.now()
        await self._write(lambda c: documents.remove(c, scope, document_id, now))

    async def text(self, scope: Scope, document_id: str, start: int, end: int) -> str:
        return await self._read(lambda c: documents.text_of(c, scope, document_id, start, end))

    async def by_words(
        self, scope: Scope, sources: Sources, words: Sequence[str], limit: int
    ) -> builtins.list[tuple[int, float]]:
        if not words:
            return []
        find = self._database.find_words
        return await self._read(lambda c: find(c, scope, sources, words, limit))

    async def models(self, scope: Scope) -> builtins.list[str]:
        return await self._read(lambda c: indexing.models(c, scope))

    async def codes(
        self, scope: Scope, part: str, model: str, after: int, limit: int
    ) -> builtins.list[Code]:
        return await self._read(lambda c: chunks.codes(c, scope, model, after, limit))

    async def vectors(
        self, scope: Scope, model: str, serials: Sequence[int]
    ) -> builtins.list[Vector]:
        dialect = self._database.dialect
        return await self._read(lambda c: chunks.vectors(c, dialect, scope, model, serials))

    async def chunks(self, scope: Scope, serials: Sequence[int]) -> builtins.list[StoredChunk]:
        dialect = self._database.dialect
        return await self._read(lambda c: chunks.find(c, dialect, scope, serials))

    async def around(self, scope: Scope, found: StoredChunk) -> builtins.list[StoredChunk]:
        return await self._read(lambda c: chunks.around(c, scope, found))

    async def next_to_read(self) -> Document | None:
        now = self._clock.now()
        document = await self._write(lambda c: indexing.next_to_read(c, now))
        if document:
            await self._purge(document)
        return document

    async def add_text(
        self, scope: Scope, document_id: str, pages: Sequence[Page], chunks: Sequence[Chunk]
    ) -> None:
        now = self._clock.now()
        await self._write(lambda c: indexing.add_text(c, scope, document_id, pages, chunks, now))

    async def finish_reading(
        self, scope: Scope, document_id: str, pages: int | None, characters: int, chunks: int
    ) -> None:
        now = self._clock.now()
        await self._write(
            lambda c: indexing.finish_reading(c, scope, document_id, pages, characters, chunks, now)
        )

    async def fail(self, scope: Scope, document_id: str, code: str, reason: str) -> None:
        now = self._clock.now()
        await self._write(lambda c: indexing.fail(c, scope, document_id, code, reason, now))

    async def next_to_embed(self, model: str | None) -> Document | None:
        return await self._read(lambda c: indexing.next_to_embed(c, model))

    async def without_vector(
        self, scope: Scope, document_id: str, model: str, limit: int
    ) -> builtins.list[StoredChunk]:
        return await self._read(
            lambda c: chunks.without_vector(c, scope, document_id, model, limit)
        )

    async def add_vectors(
        self, scope: Scope, document_id: str, model: str, vectors: Sequence[Vector]
    ) -> None:
        now = self._clock.now()

        def add(c: Connection) -> None:
            indexing.count_indexed(c, scope, document_id, len(vectors), now)
            chunks.insert_vectors(c, scope, document_id, model, vectors)

        await self._write(add)

    async def finish_embedding(self, scope: Scope, document_id: str, model: str | None) -> None:
        now = self._clock.now()
        await self._write(lambda c: indexing.finish_embedding(c, scope, document_id, model, now))
        if model:
            while await self._write(lambda c: indexing.drop_old_vectors(c, scope, model)):
                pass

    async def purge(self) -> Document | None:
        document = await self._read(indexing.removed)
        if document:
            await self._purge(document)
        return document

    async def forget(self, scope: Scope, document_id: str, sha256: str) -> bool:
        return await self._write(lambda c: indexing.forget(c, scope, document_id, sha256))

    async def files(self) -> Collection[tuple[str, str]]:
        return await self._read(indexing.files)

    async def _purge(self, document: Document) -> None:
        while await self._write(lambda c: indexing.purge_some(c, document.scope, document.id)):
            pass
