"""Finding chunks by their words on PostgreSQL.

Its own ranking does not know how rare a word is, so that chunks are ranked here by BM25, as SQLite
does: over those of the matching chunks that have the rarest words.
"""

import json
import math
from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.storage.connection import Connection

COMMON = 0.5
"""The share of an account's chunks from which on a word tells nothing."""

MOST_RANKED = 500
"""Matching chunks that are ranked exactly."""

_COUNT = text("""
    SELECT count(*), coalesce(sum(length(words)), 0) FROM chunk WHERE account_id = :account_id
""")

_FREQUENCIES = text("""
    SELECT lexeme, (
        SELECT count(*) FROM chunk
        WHERE account_id = :account_id
            AND words @@ CAST(quote_literal(lexeme) AS tsquery)
    )
    FROM unnest(tsvector_to_array(to_tsvector('english', :words))) AS asked(lexeme)
""")

_SEARCH = text("""
    WITH weight AS (
        SELECT key AS lexeme, CAST(value AS double precision) AS value
        FROM json_each_text(CAST(:weights AS json))
    ), query AS (
        SELECT CAST(string_agg(quote_literal(lexeme), ' | ') AS tsquery) AS value FROM weight
    ), matching AS (
        SELECT chunk.serial, chunk.words, length(chunk.words) AS length, (
            SELECT sum(weight.value) FROM weight
            WHERE chunk.words @@ CAST(quote_literal(weight.lexeme) AS tsquery)
        ) AS rarity
        FROM chunk JOIN document
            ON document.account_id = chunk.account_id AND document.id = chunk.document_id
        WHERE chunk.account_id = :account_id AND document.state = 'ready'
            AND chunk.words @@ (SELECT value FROM query)
            AND (:all = 1 OR chunk.document_id IN (
                SELECT json_array_elements_text(CAST(:documents AS json))
            ))
        ORDER BY rarity DESC, serial LIMIT :most
    ), counted AS (
        SELECT matching.serial, matching.length, word.lexeme, cardinality(word.positions) AS times
        FROM matching, unnest(matching.words) AS word
    )
    SELECT serial, sum(weight.value * times * 2.2 / (
        times + 1.2 * (0.25 + 0.75 * length / CAST(:average AS double precision))
    )) AS score
    FROM counted JOIN weight ON weight.lexeme = counted.lexeme
    GROUP BY serial
    ORDER BY score DESC, serial
    LIMIT :limit
""")


def search(
    c: Connection, scope: Scope, sources: Sources, words: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    row = c.one(_COUNT, account_id=scope.account_id)
    total, length = (int(row[0]), int(row[1])) if row else (0, 0)
    if not total:
        return []
    weights = _weights(c, scope, words, total)
    if not weights:
        return []
    rows = c.all(
        _SEARCH,
        account_id=scope.account_id,
        weights=json.dumps(weights),
        all=int(sources.everything),
        documents=json.dumps(sources.document_ids or ()),
        most=MOST_RANKED,
        average=max(length // total, 1),
        limit=limit,
    )
    return [(row[0], float(row[1])) for row in rows]


def _weights(c: Connection, scope: Scope, words: Sequence[str], total: int) -> dict[str, float]:
    """What each word counts for: the rarer, the more."""
    asked = c.all(_FREQUENCIES, account_id=scope.account_id, words=" ".join(words))
    found = {row[0]: row[1] for row in asked if row[1]}
    rare = {lexeme: count for lexeme, count in found.items() if count <= total * COMMON}
    return {
        lexeme: math.log(1 + (total - count + 0.5) / (count + 0.5))
        for lexeme, count in (rare or found).items()
    }
