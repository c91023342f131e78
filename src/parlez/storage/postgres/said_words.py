"""Finding pieces of messages by their words on PostgreSQL, as `storage.sqlite.said_words` does."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.rarity import COUNTED, FREQUENT, weights
from parlez.core.search import Within
from parlez.storage.connection import Connection

_LEXEMES = text("""
    SELECT DISTINCT lexeme FROM unnest(tsvector_to_array(to_tsvector('parlez_english', :words)))
        AS asked(lexeme)
""")

_QUERY = """(
    SELECT CAST(string_agg(quote_literal(value), ' & ') AS tsquery)
    FROM json_array_elements_text(CAST(:lexemes AS json)) AS listed(value)
)"""

# Sorting comes after the limit: the order would have the planner walk all pieces instead.
_SOME = text(f"""
    SELECT serial FROM message_piece
    WHERE account_id = :account_id AND words @@ {_QUERY} LIMIT :most
""")

_NEWEST = text(f"""
    SELECT serial FROM message_piece
    WHERE account_id = :account_id AND words @@ {_QUERY} ORDER BY serial DESC LIMIT :most
""")


def search(
    c: Connection, scope: Scope, within: Within, words: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    where = _where(scope, within)
    lexemes = [row[0] for row in c.all(_LEXEMES, words=" ".join(words))]
    total = len(_having(c, scope, where, COUNTED))
    if not lexemes or not total:
        return []
    having = {lexeme: _having(c, scope, [*where, lexeme], FREQUENT) for lexeme in lexemes}
    weighed = weights({lexeme: len(serials) for lexeme, serials in having.items()}, total)
    scores: defaultdict[int, float] = defaultdict(float)
    for lexeme, weight in weighed.items():
        for serial in having[lexeme]:
            scores[serial] += weight
    if weighed and all(len(having[lexeme]) == FREQUENT for lexeme in weighed):
        for serial in _having(c, scope, [*where, *weighed], FREQUENT, newest=True):
            scores[serial] = sum(weighed.values())
    best = sorted(scores.items(), key=lambda each: (-each[1], -each[0]))
    return best[:limit]


def _having(
    c: Connection,
    scope: Scope,
    lexemes: Sequence[str],
    most: int,
    *,
    newest: bool = False,
) -> list[int]:
    """So many that have all of these lexemes."""
    rows = c.all(
        _NEWEST if newest else _SOME,
        account_id=scope.account_id,
        lexemes=json.dumps(list(lexemes)),
        most=most,
    )
    return [row[0] for row in rows]


def _where(scope: Scope, within: Within) -> list[str]:
    if within.conversation_id is not None:
        place = [f"a{scope.account_id}0", f"c{within.conversation_id}0"]
    else:
        label = hashlib.md5((within.user_label or "").encode(), usedforsecurity=False)
        place = [f"u{scope.account_id}x{label.hexdigest()}0"]
    return [*place, f"r{within.role}0"] if within.role else place
