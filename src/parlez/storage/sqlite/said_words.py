"""Finding pieces of messages by their words on SQLite, with FTS5.

FTS5's own ranking walks all postings of each word, and of the scope too: with a million messages
that takes a tenth of a second. So only so many postings of each word are looked at, the newest, and
what has the rarest words is best.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.rarity import COUNTED, FREQUENT, weights
from parlez.core.search import Within
from parlez.storage.connection import Connection

_NEWEST = text("""
    SELECT rowid FROM message_words WHERE message_words MATCH :query
    ORDER BY rowid DESC LIMIT :most
""")

_COUNT = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM message_words WHERE message_words MATCH :query LIMIT :most
    )
""")


def search(
    c: Connection, scope: Scope, within: Within, words: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    where = _where(scope, within)
    row = c.one(_COUNT, query=where, most=COUNTED)
    total = row[0] if row else 0
    if not total:
        return []
    having = {word: _having(c, where, [word]) for word in words}
    weighed = weights({word: len(serials) for word, serials in having.items()}, total)
    scores: defaultdict[int, float] = defaultdict(float)
    for word, weight in weighed.items():
        for serial in having[word]:
            scores[serial] += weight
    if len(weighed) > 1 and all(len(having[word]) == FREQUENT for word in weighed):
        # The newest that have one of them need not have another.
        for serial in _having(c, where, list(weighed)):
            scores[serial] = sum(weighed.values())
    best = sorted(scores.items(), key=lambda each: (-each[1], -each[0]))
    return best[:limit]


def _having(c: Connection, where: str, words: Sequence[str]) -> list[int]:
    """The newest that have all of these words."""
    wanted = " AND ".join(f"words : {_quoted(word)}" for word in words)
    rows = c.all(_NEWEST, query=f"{where} AND {wanted}", most=FREQUENT)
    return [row[0] for row in rows]


def _where(scope: Scope, within: Within) -> str:
    if within.conversation_id is not None:
        place = f'"a{scope.account_id}0" AND "c{within.conversation_id}0"'
    else:
        label = (within.user_label or "").encode().hex().upper()
        place = f'"u{scope.account_id}x{label}0"'
    role = f' AND "r{within.role}0"' if within.role else ""
    return f"(scope : ({place}{role}))"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
