"""Retrieval, behind `core.ports.retriever`: by words and by meaning, fused."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from parlez.core.errors import ModelError
from parlez.core.identity import Scope
from parlez.core.ports.document_store import ChunkSearch, StoredChunk
from parlez.core.ports.embedder import EmbedderShelf
from parlez.core.retrieval import Passage, Sources
from parlez.core.words import searched_words
from parlez.knowledge import relevance
from parlez.knowledge.embedding.complete import complete_embedder
from parlez.knowledge.fusion import fused
from parlez.knowledge.nearest import Nearest

logger = logging.getLogger(__name__)

DEPTH = 50
"""How far down each ranking is looked."""

WIDENED = 3
"""Of the best passages, how many are told with what stands around them."""


class HybridRetriever:
    def __init__(self, store: ChunkSearch, embedders: EmbedderShelf, nearest: Nearest):
        self._store = store
        self._embedders = embedders
        self._nearest = nearest

    async def find(
        self, scope: Scope, sources: Sources, question: str, limit: int, context: str = ""
    ) -> list[Passage]:
        # What an assistant has is looked up now, so that what has become ready counts.
        sources = await self._store.resolve(scope, sources)
        whole = f"{context} {question}".strip() if context else question
        words = searched_words(whole)
        by_words = dict(await self._store.by_words(scope, sources, words, DEPTH))
        near = await self._by_meaning(scope, sources, whole, list(by_words))
        ranking = fused(by_words, near or {})[:limit]
        found = {each.serial: each for each in await self._store.chunks(scope, ranking)}
        best = [found[serial] for serial in ranking if serial in found]
        passages = [
            _passage(each, whole, near.get(each.serial, 0.0) if near else None) for each in best
        ]
        for place, chunk in enumerate(best[:WIDENED]):
            passages[place] = await self._widened(scope, passages[place], chunk)
        return passages

    async def _by_meaning(
        self, scope: Scope, sources: Sources, question: str, also: Sequence[int]
    ) -> dict[int, float] | None:
        """How near in meaning chunks are, those among them that have the words; None if nothing can
        tell."""
        models = await self._store.models(scope)
        embedder = complete_embedder(self._embedders, models) if models else None
        if embedder is None:
            return None
        try:
            embedded = await embedder.embed([question])
        except ModelError as error:
            logger.warning("documents are searched by words alone: %s", error.message)
            return None
        groups = None if sources.everything else sources.document_ids or ()
        return await self._nearest.find(
            scope, embedder.name, embedded.vectors[0], also, groups=groups
        )

    async def _widened(self, scope: Scope, passage: Passage, chunk: StoredChunk) -> Passage:
        around = await self._store.around(scope, chunk)
        before = "".join(each.chunk.text for each in around if each.chunk.place < chunk.chunk.place)
        after = "".join(each.chunk.text for each in around if each.chunk.place > chunk.chunk.place)
        return replace(passage, before=before, after=after)


def _passage(found: StoredChunk, question: str, nearness: float | None) -> Passage:
    chunk = found.chunk
    score = relevance.score(question, f"{chunk.heading} {chunk.text}", nearness)
    return Passage(
        document_id=found.document_id,
        document=found.document,
        page=chunk.page,
        start=chunk.start,
        end=chunk.end,
        heading=chunk.heading,
        text=chunk.text,
        score=round(score, 4),
        relevant=score >= relevance.RELEVANT,
    )
