"""A library over a real database and real files, whose documents are read and embedded."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from tests.support.engine import ME
from tests.support.store import Stores

from parlez.core.documents import Document, DocumentState
from parlez.core.identity import Scope
from parlez.core.ports.embedder import Embeddings
from parlez.core.prices import Price
from parlez.core.words import stem, words_of
from parlez.knowledge.service import Knowledge
from parlez.storage.blob_folder import BlobFolder
from parlez.storage.document_store import SqlDocumentStore
from parlez.storage.message_index import SqlMessageIndex

DIMENSIONS = 64


class WordEmbedder:
    """Texts lie close together that have words in common, as they would by meaning; much faster
    than a model. `calls` has what it was asked."""

    def __init__(self, name: str = "test/words"):
        self.name = name
        self.price = Price(Decimal(0), Decimal(0))
        self.calls: list[Sequence[str]] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def embed(self, texts: Sequence[str], *, in_background: bool = False) -> Embeddings:
        if in_background:
            await self.may_go_on.wait()
        self.calls.append(texts)
        return Embeddings([_vector(text) for text in texts], sum(len(text) for text in texts))


def _vector(text: str) -> list[float]:
    vector = [0.01] * DIMENSIONS
    for word in words_of(text):
        vector[sum(map(ord, stem(word))) % DIMENSIONS] += 1.0
    length = sum(each * each for each in vector) ** 0.5
    return [each / length for each in vector]


class OpenLibrary:
    """A library that is at work."""

    def __init__(self, knowledge: Knowledge, store: SqlDocumentStore, folder: Path):
        self.knowledge = knowledge
        self.library = knowledge.library
        self.store = store
        self.folder = folder

    async def upload(self, name: str, data: bytes, scope: Scope = ME) -> Document:
        document, _ = await self.library.upload(scope, name, io.BytesIO(data))
        return document

    async def add(self, name: str, data: bytes | str, scope: Scope = ME) -> Document:
        """A document once it is ready or has failed."""
        raw = data if isinstance(data, bytes) else data.encode()
        return await self.settled((await self.upload(name, raw, scope)).id, scope)

    async def add_all(self, documents: Mapping[str, bytes | str]) -> list[Document]:
        return [await self.add(name, data) for name, data in documents.items()]

    async def settled(self, document_id: str, scope: Scope = ME) -> Document:
        async with asyncio.timeout(30):
            while True:
                found = await self.library.find(scope, document_id)
                if found.state in (DocumentState.READY, DocumentState.FAILED):
                    return found
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_library(
    stores: Stores, folder: Path, *embedders: WordEmbedder
) -> AsyncIterator[OpenLibrary]:
    """Without embedders, one by words."""
    store = SqlDocumentStore(stores.database, stores.clock)
    blobs = BlobFolder(folder / "files")
    messages = SqlMessageIndex(stores.database)
    knowledge = Knowledge(store, messages, blobs, embedders or (WordEmbedder(),))
    async with knowledge.running():
        yield OpenLibrary(knowledge, store, folder)
