"""What the server does for all accounts at once: recovery, supervision, pruning.

These are the only queries without a scope; nothing of them reaches a caller.
"""

from dataclasses import replace

from sqlalchemy import text

from parlez.core import endings
from parlez.core.messages import State
from parlez.core.prices import PriceList
from parlez.core.turns import Turn
from parlez.storage import events, idempotency, messages, metered_calls, turns
from parlez.storage.connection import Connection
from parlez.storage.turn_rows import COLUMNS, read_turn

_OPEN = text(f"SELECT {COLUMNS} FROM turn WHERE state IN ('queued', 'running')")

_MARK_PRUNED = text("""
    UPDATE turn SET log_kept = 0 WHERE log_kept = 1 AND ended_at < :before
    RETURNING account_id, id
""")
_PRUNE_EVENTS = text("""
    DELETE FROM turn_event WHERE account_id = :account_id AND turn_id = :turn_id
""")

# It changes nothing, and yet the database has to write it.
_TOUCH = text("UPDATE account SET name = name WHERE id = (SELECT min(id) FROM account)")


def open_turns(c: Connection) -> list[Turn]:
    return [read_turn(row) for row in c.all(_OPEN)]


def interrupt(c: Connection, turn: Turn, reason: str, prices: PriceList, now: int) -> Turn | None:
    """End a running turn with the text that its log holds; the next one is started and returned."""
    if not turns.hold_running(c, turn):
        return None
    question = messages.content(c, turn.scope, turn.user_message_id)
    said = events.said(c, turn.scope, turn.id)
    called = events.called(c, turn.scope, turn.id)
    ending = endings.lost(reason, question, said, called, turns.beginning(c, turn))
    ending = replace(ending, cost=prices.cost(turn.model, ending.usage))
    return turns.end(c, turn, ending, now)


def interrupt_open(c: Connection, reason: str, prices: PriceList, now: int) -> int:
    """End every running turn, and so, as each end starts the next, every one that waits."""
    interrupted = 0
    at_work = [turn for turn in open_turns(c) if turn.state is State.RUNNING]
    while at_work:
        promoted = interrupt(c, at_work.pop(), reason, prices, now)
        at_work += [promoted] if promoted else []
        interrupted += 1
    return interrupted


def touch(c: Connection) -> None:
    """Find out whether anything can be written."""
    c.do(_TOUCH)


def prune(c: Connection, ended_before: int, keys_before: int, calls_before: int) -> None:
    for account_id, turn_id in c.all(_MARK_PRUNED, before=ended_before):
        c.do(_PRUNE_EVENTS, account_id=account_id, turn_id=turn_id)
    idempotency.prune(c, keys_before)
    metered_calls.prune(c, calls_before)
