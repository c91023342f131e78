"""What the server does for all accounts at once: recovery, supervision, pruning.

These are the only queries without a scope; nothing of them reaches a caller.
"""

from sqlalchemy import text

from parlez.core.messages import State
from parlez.core.turns import Ending, Turn
from parlez.storage import events, idempotency, metered_calls, turns
from parlez.storage.connection import Connection
from parlez.storage.turn_rows import COLUMNS, read_turn

_RUNNING = text(f"SELECT {COLUMNS} FROM turn WHERE state = 'running'")

_PRUNE_EVENTS = text("""
    DELETE FROM turn_event WHERE (account_id, turn_id) IN (
        SELECT account_id, id FROM turn WHERE log_kept = 1 AND ended_at < :before
    )
""")
_MARK_PRUNED = text("UPDATE turn SET log_kept = 0 WHERE log_kept = 1 AND ended_at < :before")

# It changes nothing, and yet the database has to write it.
_TOUCH = text("UPDATE account SET name = name WHERE id = (SELECT min(id) FROM account)")


def running(c: Connection) -> list[Turn]:
    return [read_turn(row) for row in c.all(_RUNNING)]


def interrupt(c: Connection, turn: Turn, reason: str, now: int) -> Turn | None:
    """End a running turn with the text that its log holds; the next one is started and returned."""
    said = events.said(c, turn.scope, turn.id)
    last = events.last_number(c, turn.scope, turn.id)
    return turns.end(c, turn, Ending(State.INTERRUPTED, reason, text=said, log_end=last), now)


def interrupt_open(c: Connection, reason: str, now: int) -> int:
    """End every running turn, and so, as each end starts the next, every one that waits."""
    interrupted = 0
    at_work = running(c)
    while at_work:
        promoted = interrupt(c, at_work.pop(), reason, now)
        at_work += [promoted] if promoted else []
        interrupted += 1
    return interrupted


def touch(c: Connection) -> None:
    """Find out whether anything can be written."""
    c.run(_TOUCH)


def prune(c: Connection, ended_before: int, keys_before: int, calls_before: int) -> None:
    c.run(_PRUNE_EVENTS, before=ended_before)
    c.run(_MARK_PRUNED, before=ended_before)
    idempotency.prune(c, keys_before)
    metered_calls.prune(c, calls_before)
