"""Finding chunks by their words on SQLite, with FTS5."""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.storage.connection import Connection

COMMON = 0.5
"""The share of an account's chunks from which on a word tells nothing."""

FEW = 1_000
"""Chunks among which no word is so common that leaving it out saves anything."""

MOST_NAMED = 50
"""Documents that the index is asked for by name; more are picked out of what it finds."""

_COUNT = text("SELECT count(*) FROM chunk WHERE account_id = :account_id")

_FREQUENT = text("""
    SELECT count(*) FROM (SELECT 1 FROM chunk_words WHERE chunk_words MATCH :query LIMIT :most)
""")

_SEARCH = text("""
    SELECT chunk.serial, -bm25(chunk_words, 0.0, 1.0) AS score
    FROM chunk_words JOIN chunk ON chunk.serial = chunk_words.rowid JOIN document
        ON document.account_id = chunk.account_id AND document.id = chunk.document_id
    WHERE chunk_words MATCH :query AND chunk.account_id = :account_id
        AND document.state = 'ready'
        AND (:all = 1 OR chunk.document_id IN (SELECT value FROM json_each(:documents)))
    ORDER BY score DESC, chunk.serial LIMIT :limit
""")


def search(
    c: Connection, scope: Scope, sources: Sources, words: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    telling = _telling(c, scope, words)
    named = () if sources.document_ids is None else sources.document_ids
    if not telling or not (named or sources.everything):
        return []
    where = f'"a{scope.account_id}0"'
    if named and len(named) <= MOST_NAMED:
        where = f"{where} AND ({_any(f'd{each}0' for each in named)})"
    rows = c.all(
        _SEARCH,
        query=f"scope : ({where}) AND words : ({_any(telling)})",
        account_id=scope.account_id,
        all=int(sources.everything),
        documents=json.dumps(named),
        limit=limit,
    )
    return [(row[0], row[1]) for row in rows]


def _telling(c: Connection, scope: Scope, words: Sequence[str]) -> Sequence[str]:
    row = c.one(_COUNT, account_id=scope.account_id)
    total = row[0] if row else 0
    if total < FEW:
        return words
    most = int(total * COMMON)
    rare = [word for word in words if not _is_frequent(c, scope, word, most)]
    return rare or words


def _is_frequent(c: Connection, scope: Scope, word: str, most: int) -> bool:
    query = f'scope : "a{scope.account_id}0" AND words : {_quoted(word)}'
    row = c.one(_FREQUENT, query=query, most=most)
    return row is not None and row[0] >= most


def _any(words: Iterable[str]) -> str:
    return " OR ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
