"""All of the knowledge together, over its stores."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from parlez.core.errors import StorageError
from parlez.core.grounding import Grounding
from parlez.core.library import Library
from parlez.core.ports.blobs import Blobs
from parlez.core.ports.document_store import ChunkSearch, DocumentStore, IndexingStore
from parlez.core.ports.embedder import Embedder
from parlez.core.ports.message_index import MessageIndexing, MessageSearch
from parlez.core.shelving import Shelving
from parlez.knowledge.embedding.local import LocalEmbedder
from parlez.knowledge.embedding.shelf import Shelf, nobody
from parlez.knowledge.embedding.weights import find_weights, missing_part
from parlez.knowledge.indexer import Indexer
from parlez.knowledge.message_indexer import MessageIndexer
from parlez.knowledge.message_search import HybridMessageSearcher
from parlez.knowledge.nearest import Nearest
from parlez.knowledge.reading.process import DEFAULT_LIMITS, ProcessReader, ReadingLimits
from parlez.knowledge.retriever import HybridRetriever


class Store(DocumentStore, ChunkSearch, IndexingStore, Protocol):
    """Where documents are."""


class MessageIndex(MessageIndexing, MessageSearch, Protocol):
    """Where the index of messages is."""


class Knowledge:
    """`embedders` come before the embedded one, which is there if its parts are installed; `others`
    makes those that were used before, by their names."""

    def __init__(
        self,
        store: Store,
        messages: MessageIndex,
        blobs: Blobs,
        embedders: Sequence[Embedder] = (),
        others: Callable[[str], Embedder | None] = nobody,
        limits: ReadingLimits = DEFAULT_LIMITS,
    ):
        self._local = _local()
        shelf = Shelf([*embedders, *([self._local] if self._local else [])], others)
        nearest = Nearest(store)
        shelving = Shelving()
        retriever = HybridRetriever(store, shelf, nearest)
        self.embedders = shelf
        self.grounding = Grounding(retriever, store)
        self.retriever = retriever
        self.indexer = Indexer(store, blobs, ProcessReader(limits), shelf, nearest, shelving)
        self.message_indexer = MessageIndexer(messages, shelf)
        self.message_searcher = HybridMessageSearcher(
            messages, shelf, Nearest(messages, grows=True)
        )
        self._messages = messages
        self.library = Library(
            store, blobs, self.retriever, shelving, self.indexer.wake, self.indexer.drop
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read and embed for as long as the context is open."""
        try:
            async with self.indexer.running(), self.message_indexer.running():
                yield
        finally:
            if self._local:
                await self._local.close()

    async def probe(self) -> str:
        """A word on what is still to be made findable, and by what. Raises `StorageError`."""
        if not self.message_indexer.is_alive:
            raise StorageError(
                "Nothing that is said is made findable any more: restart the server."
            )
        embedder = self.embedders.current
        by = f"words and {embedder.name}" if embedder else "words alone"
        return f"messages are found by {by}; {await self._messages.waiting()} wait"


def _local() -> LocalEmbedder | None:
    weights = find_weights()
    return LocalEmbedder(weights) if weights and missing_part() is None else None
