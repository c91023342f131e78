"""Finding whole paragraphs by FTS5 and MiniLM, their ranks fused: what retrieval is measured by."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import numpy as np

from parlez.core.words import searched_words
from parlez.knowledge.embedding.minilm import MiniLM
from parlez.knowledge.embedding.weights import find_weights

_RANK_CONSTANT = 60
"""Of reciprocal rank fusion, after Cormack, Clarke and Büttcher, SIGIR 2009."""

_DEPTH = 50


class Paragraphs:
    def __init__(self, texts: Sequence[str]):
        weights = find_weights()
        assert weights is not None
        self._model = MiniLM(weights)
        self._vectors = np.array(self._model.embed(texts)[0], np.float32)
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE paragraph USING fts5(text, tokenize='porter unicode61')"
        )
        rows = [(place + 1, text) for place, text in enumerate(texts)]
        self._database.executemany("INSERT INTO paragraph (rowid, text) VALUES (?, ?)", rows)

    def find(self, question: str) -> list[int]:
        """Places of the texts, best first."""
        scores: dict[int, float] = {}
        for ranking in (self._by_words(question), self._by_meaning(question)):
            for rank, place in enumerate(ranking, 1):
                scores[place] = scores.get(place, 0.0) + 1 / (_RANK_CONSTANT + rank)
        return sorted(scores, key=lambda place: -scores[place])

    def _by_words(self, question: str) -> list[int]:
        matched = " OR ".join(f'"{word}"' for word in searched_words(question))
        query = "SELECT rowid FROM paragraph WHERE paragraph MATCH ? ORDER BY rank LIMIT ?"
        with closing(self._database.execute(query, (matched, _DEPTH))) as found:
            return [row[0] - 1 for row in found]

    def _by_meaning(self, question: str) -> list[int]:
        vector = np.array(self._model.embed([question])[0][0], np.float32)
        return [int(place) for place in np.argsort(-(self._vectors @ vector))[:_DEPTH]]
