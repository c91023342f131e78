"""Finding what was said, behind `core.ports.message_searcher`: by words and by meaning, fused."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from parlez.core.errors import ModelError
from parlez.core.identity import Scope
from parlez.core.ports.embedder import Embedder, EmbedderShelf, Embeddings
from parlez.core.ports.message_index import MessageSearch, Piece
from parlez.core.search import Found, FoundMessage, SearchQuery, Within
from parlez.core.words import are_alike, searched_words, words_of
from parlez.knowledge import relevance
from parlez.knowledge.embedding.complete import complete_embedder
from parlez.knowledge.fusion import fused
from parlez.knowledge.nearest import Nearest

logger = logging.getLogger(__name__)

DEPTH = 200
"""How far down the ranking of words is looked, beyond what is asked for."""

COMPARED = 50
"""Pieces whose text is read and compared with the query, beyond what is asked for."""

NEAR = 0.3
"""The cosine from which on something is found that has none of the words."""

NEWEST = 200
"""Messages that are not indexed yet and are looked at all the same."""

IN_CONVERSATION = 2_000
"""Pieces of a conversation whose meaning is compared, the newest."""


class HybridMessageSearcher:
    """`nearest` is over the codes of messages."""

    def __init__(self, store: MessageSearch, embedders: EmbedderShelf, nearest: Nearest):
        self._store = store
        self._embedders = embedders
        self._nearest = nearest

    @property
    def embedder(self) -> Embedder | None:
        return self._embedders.current

    async def find(self, scope: Scope, query: SearchQuery, wanted: int) -> Found:
        words = searched_words(query.text)
        embedder = complete_embedder(self._embedders, await self._store.models(scope))
        (by_words, not_indexed), embedded = await asyncio.gather(
            self._by_words(scope, query.within, words, wanted), _embedded(embedder, query.text)
        )
        near: Mapping[int, float] | None = None
        if embedder and embedded:
            direction = embedded.vectors[0]
            near = await self._near(scope, query.within, embedder.name, direction, by_words)
        ranking = [
            serial
            for serial in fused(by_words, near or {})
            if serial in by_words or (near and near[serial] >= NEAR)
        ]
        pieces = await self._store.pieces(scope, query.within, ranking[: wanted + COMPARED])
        found = _best([*pieces, *not_indexed], query.text, near)
        return Found(found, near is not None, embedded.tokens if embedded else 0)

    async def _by_words(
        self, scope: Scope, within: Within, words: Sequence[str], wanted: int
    ) -> tuple[dict[int, float], list[Piece]]:
        """What has the words: pieces, by what they have of them, and messages that are not indexed
        yet. Looked for in this order, nothing is missed that is indexed in between."""
        newest = await self._store.not_indexed(scope, within, NEWEST)
        by_words = dict(await self._store.by_words(scope, within, words, wanted + DEPTH))
        return by_words, [
            piece
            for piece in newest
            if any(are_alike(said, word) for said in words_of(piece.text) for word in words)
        ]

    async def _near(
        self,
        scope: Scope,
        within: Within,
        model: str,
        direction: Sequence[float],
        by_words: Mapping[int, float],
    ) -> dict[int, float]:
        if within.conversation_id is None:
            part = within.user_label or ""
            return await self._nearest.find(scope, model, direction, list(by_words), part=part)
        serials = await self._store.serials(scope, within.conversation_id, IN_CONVERSATION)
        return await self._nearest.among(scope, model, direction, [*serials, *by_words])


async def _embedded(embedder: Embedder | None, text: str) -> Embeddings | None:
    if embedder is None:
        return None
    try:
        return await embedder.embed([text])
    except ModelError as error:
        logger.warning("messages are searched by words alone: %s", error.message)
        return None


def _best(
    pieces: Sequence[Piece], query: str, near: Mapping[int, float] | None
) -> list[FoundMessage]:
    """Messages, each with the best of its pieces: the best first, and of equals the newest."""
    best: dict[str, tuple[float, Piece]] = {}
    for piece in pieces:
        score = relevance.score(query, piece.text, near.get(piece.serial) if near else None)
        known = best.get(piece.message_id)
        if known is None or score > known[0]:
            best[piece.message_id] = score, piece
    ranked = sorted(
        best.values(),
        key=lambda each: (-round(each[0], 4), -each[1].created_at, each[1].message_id),
    )
    return [
        FoundMessage(
            message_id=piece.message_id,
            conversation_id=piece.conversation_id,
            title=piece.title,
            role=piece.role,
            content=piece.text,
            created_at=piece.created_at,
            begun_at=piece.begun_at,
            updated_at=piece.updated_at,
            score=round(score, 4),
        )
        for score, piece in ranked
    ]
