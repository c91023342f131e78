"""Where documents live: one method per transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlez.core.documents import Chunk, Document, Page
from parlez.core.identity import Scope
from parlez.core.ports.vectors import Code, Vector
from parlez.core.retrieval import Readiness, Sources


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as stored; `serial` is its number among all chunks of a server."""

    serial: int
    document_id: str
    document: str
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is in the blob store; its size is in bytes."""

    name: str
    sha256: str
    size: int


class DocumentStore(Protocol):
    """What callers do with documents. Every method raises `StorageError` when the database refuses,
    and has then done nothing."""

    async def add(self, scope: Scope, file: KeptFile) -> tuple[Document, bool]:
        """A new document, queued; or the one of that name and hash, queued again if it failed, and
        False. It stays until it is removed."""
        ...

    async def list(
        self, scope: Scope, limit: int, before: str | None
    ) -> tuple[list[Document], str | None]:
        """Documents, newest first, after the one with the id `before`; and the id to go on from.
        Raises `NotFound` for an unknown `before`."""
        ...

    async def find(self, scope: Scope, document_id: str) -> Document:
        """Raises `NotFound`."""
        ...

    async def known(self, scope: Scope, document_ids: Collection[str]) -> set[str]:
        """Those of these ids that documents have."""
        ...

    async def readiness(self, scope: Scope, sources: Sources) -> Readiness:
        """How far the documents are that are there."""
        ...

    async def remove(self, scope: Scope, document_id: str) -> None:
        """From now on there is no such document; what belongs to it is purged later. Raises
        `NotFound`."""
        ...

    async def text(self, scope: Scope, document_id: str, start: int, end: int) -> str:
        """What stands there, as far as it is there. Raises `NotFound`."""
        ...


class ChunkSearch(Protocol):
    """What is searched. Only ready documents are found; those of an assistant must be resolved."""

    async def resolve(self, scope: Scope, sources: Sources) -> Sources:
        """The same, with the documents of an assistant named."""
        ...

    async def by_words(
        self, scope: Scope, sources: Sources, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        """Serials of the chunks that have any of these words, those first that have the rarest
        most often, and how much they have of them (by BM25, greater than 0). Words that stand
        nearly everywhere do not count."""
        ...

    async def models(self, scope: Scope) -> list[str]:
        """Names of the embedders that an account's documents have vectors of."""
        ...

    async def codes(
        self, scope: Scope, part: str, model: str, after: int, limit: int
    ) -> list[Code]:
        """The next codes with greater serials than `after`, in order; their groups are documents.
        All of the account is one part."""
        ...

    async def vectors(self, scope: Scope, model: str, serials: Sequence[int]) -> list[Vector]:
        """Those that are there, in any order."""
        ...

    async def chunks(self, scope: Scope, serials: Sequence[int]) -> list[StoredChunk]:
        """Those that are there, in any order."""
        ...

    async def around(self, scope: Scope, found: StoredChunk) -> list[StoredChunk]:
        """The chunk before and the one after, where they are there."""
        ...


class IndexingStore(Protocol):
    """What makes documents findable. The methods that take no scope look at all accounts.

    Those that change a document raise `NotFound` once it is gone.
    """

    async def next_to_read(self) -> Document | None:
        """The one that has waited longest to be read, also if it was begun; it is reading now, and
        what was stored of it before is gone."""
        ...

    async def add_text(
        self, scope: Scope, document_id: str, pages: Sequence[Page], chunks: Sequence[Chunk]
    ) -> None:
        """More of a document's text."""
        ...

    async def finish_reading(
        self, scope: Scope, document_id: str, pages: int | None, characters: int, chunks: int
    ) -> None:
        """All of the text is there."""
        ...

    async def fail(self, scope: Scope, document_id: str, code: str, reason: str) -> None: ...

    async def next_to_embed(self, model: str | None) -> Document | None:
        """A document that has been read and whose vectors are not all of that model. The one that
        was touched last comes last, so that all get on."""
        ...

    async def without_vector(
        self, scope: Scope, document_id: str, model: str, limit: int
    ) -> list[StoredChunk]: ...

    async def add_vectors(
        self, scope: Scope, document_id: str, model: str, vectors: Sequence[Vector]
    ) -> None: ...

    async def finish_embedding(self, scope: Scope, document_id: str, model: str | None) -> None:
        """It is ready. Vectors of other models are dropped once no document of the account needs
        them."""
        ...

    async def purge(self) -> Document | None:
        """Drop the text of a document that was removed, which is returned. None if there is nothing
        to do."""
        ...

    async def forget(self, scope: Scope, document_id: str, sha256: str) -> bool:
        """Drop a removed document whose text is gone; whether another one has the same file."""
        ...

    async def files(self) -> Collection[tuple[str, str]]:
        """Accounts and hashes of all files that documents have."""
        ...
