"""Finding what documents say about something."""

from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.retrieval import Passage, Sources


class Retriever(Protocol):
    async def find(
        self, scope: Scope, sources: Sources, question: str, limit: int, context: str = ""
    ) -> list[Passage]:
        """The passages that fit a question best, best first, of documents that are ready. `context`
        is what was asked before, which the question may lean on. Raises `StorageError`; without an
        embedder, or with one that fails, words alone decide."""
        ...
