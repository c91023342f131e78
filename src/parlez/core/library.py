"""The library: what callers do with documents."""

from collections.abc import Awaitable, Callable, Sequence
from typing import BinaryIO, TypeVar

from parlez.core.citations import Citation
from parlez.core.documents import Document
from parlez.core.errors import InvalidInput, NotFound
from parlez.core.identity import Scope
from parlez.core.ports.blobs import Blobs
from parlez.core.ports.document_store import DocumentStore, KeptFile
from parlez.core.ports.retriever import Retriever
from parlez.core.retrieval import Passage, Sources
from parlez.core.shelving import Shelving

LONGEST_NAME = 255

T = TypeVar("T")


class Library:
    """`changed` is told after anything that makes work for whoever reads documents, and `removed`
    after one of them is gone, or with None all of an account."""

    def __init__(
        self,
        store: DocumentStore,
        blobs: Blobs,
        retriever: Retriever,
        shelving: Shelving,
        changed: Callable[[], None],
        removed: Callable[[Scope, str | None], None],
    ):
        self._store = store
        self._blobs = blobs
        self._retriever = retriever
        self._shelving = shelving
        self._changed = changed
        self._removed = removed

    async def upload(self, scope: Scope, name: str, content: BinaryIO) -> tuple[Document, bool]:
        """Keep a file; it is read as soon as may be. The same file under the same name is the same
        document, so that an upload can be repeated: then the second value is False. Raises
        `InvalidInput`, `StorageError`."""

        async def add(files: Sequence[KeptFile]) -> tuple[Document, bool]:
            [file] = files
            return await self._store.add(scope, file)

        return await self.keep(scope, [(name, content)], add)

    async def keep(
        self,
        scope: Scope,
        files: Sequence[tuple[str, BinaryIO]],
        store: Callable[[Sequence[KeptFile]], Awaitable[T]],
    ) -> T:
        """Keep files, and with `store` whatever makes documents of them; what that returns. Raises
        `InvalidInput`, `StorageError`."""
        named = [(clean_name(name), content) for name, content in files]
        async with self._shelving.of(scope):
            kept = [KeptFile(name, *await self._blobs.put(scope, each)) for name, each in named]
            result = await store(kept)
        self._changed()
        return result

    async def page(
        self, scope: Scope, limit: int, before: str | None = None
    ) -> tuple[list[Document], str | None]:
        """Newest first; see `DocumentStore.list`."""
        return await self._store.list(scope, limit, before)

    async def find(self, scope: Scope, document_id: str) -> Document:
        """Raises `NotFound`."""
        return await self._store.find(scope, document_id)

    async def remove(self, scope: Scope, document_id: str) -> None:
        """End it, and whatever is being done with it. Raises `NotFound`."""
        await self._store.remove(scope, document_id)
        self.are_gone(scope, [document_id])

    def are_gone(self, scope: Scope, document_ids: Sequence[str]) -> None:
        """Hear that documents were removed."""
        for document_id in document_ids:
            self._removed(scope, document_id)
        self._changed()

    async def erase(self, scope: Scope) -> int:
        """Remove all files of an account whose rows are gone; how many there were."""
        self._removed(scope, None)
        async with self._shelving.of(scope):
            return await self._blobs.remove_all(scope)

    async def search(
        self, scope: Scope, sources: Sources, question: str, limit: int
    ) -> list[Passage]:
        """What documents say about something. Raises `NotFound` for a source that is not there."""
        await self.require(scope, sources)
        return await self._retriever.find(scope, sources, question, limit)

    async def require(self, scope: Scope, sources: Sources) -> None:
        """Raises `NotFound` unless all documents that are named are there."""
        named = set(sources.document_ids or ())
        if named and named != await self._store.known(scope, named):
            raise NotFound("There is no such document.")

    async def stands(self, scope: Scope, citation: Citation) -> bool:
        """Whether a quote stands where a citation says that it does. Raises `NotFound`."""
        text = await self._store.text(scope, citation.document_id, citation.start, citation.end)
        return text == citation.quote

    async def text(self, scope: Scope, document_id: str, start: int, end: int) -> str:
        """What a document says from one place to another. Raises `NotFound`."""
        return await self._store.text(scope, document_id, start, end)


def clean_name(name: str) -> str:
    """The name of a file without folders, as the caller's system may have put them before it."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if not last or last in (".", ".."):
        raise InvalidInput("The file has no name. Send one with it, like report.pdf.")
    if len(last) > LONGEST_NAME:
        raise InvalidInput(f"The file's name is longer than {LONGEST_NAME} characters.")
    if any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in last):
        raise InvalidInput("The file's name holds characters that cannot be kept.")
    return last
