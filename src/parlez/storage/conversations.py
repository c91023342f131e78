"""Conversations as rows."""

from dataclasses import dataclass

from sqlalchemy import text

from parlez.core.conversations import Conversation
from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Scope
from parlez.core.messages import State
from parlez.core.turns import Turn
from parlez.storage.connection import Connection

_INSERT = text("""
    INSERT INTO conversation
        (account_id, id, user_label, head_id, message_count, turn_count, created_at, updated_at)
    VALUES (:account_id, :id, :user_label, :head_id, 1, 1, :now, :now)
""")

_FIND = text("""
    SELECT id, user_label, head_id, message_count, created_at, updated_at FROM conversation
    WHERE account_id = :account_id AND id = :id
""")

# The row is read, and on PostgreSQL locked, by whoever adds a turn; the counts say whether the
# turn may run and whether there is room for it to wait.
_QUEUE = text("""
    SELECT head_id, turn_count, (
        SELECT count(*) FROM turn
        WHERE account_id = :account_id AND conversation_id = :id
            AND state IN ('queued', 'running')
    ) FROM conversation
    WHERE account_id = :account_id AND id = :id
""")

_HEAD = text("SELECT head_id FROM conversation WHERE account_id = :account_id AND id = :id")

_ADD_TURN = text("""
    UPDATE conversation
    SET turn_count = turn_count + 1, head_id = :head_id, updated_at = :now,
        message_count = message_count + :messages
    WHERE account_id = :account_id AND id = :id
""")

_END_TURN = text("""
    UPDATE conversation SET message_count = message_count + :messages, updated_at = :now
    WHERE account_id = :account_id AND id = :id
    RETURNING EXISTS (
        SELECT 1 FROM turn
        WHERE account_id = :account_id AND conversation_id = :id AND state = 'queued'
    )
""")

_EXTEND = text("""
    UPDATE conversation SET head_id = :head_id, message_count = message_count + 1
    WHERE account_id = :account_id AND id = :id
""")

_MOVE = text("""
    UPDATE conversation SET head_id = :head_id, message_count = :message_count
    WHERE account_id = :account_id AND id = :id
""")

_OPEN_TURNS = text("""
    SELECT id FROM turn
    WHERE account_id = :account_id AND conversation_id = :id AND state IN ('queued', 'running')
    ORDER BY CASE state WHEN 'running' THEN 1 ELSE 0 END, position
""")

_DELETE_EVENTS = text("""
    DELETE FROM turn_event WHERE account_id = :account_id AND turn_id IN (
        SELECT id FROM turn WHERE account_id = :account_id AND conversation_id = :id
    )
""")
_DELETE_TURNS = text("DELETE FROM turn WHERE account_id = :account_id AND conversation_id = :id")
_DELETE_MESSAGES = text(
    "DELETE FROM message WHERE account_id = :account_id AND conversation_id = :id"
)
_DELETE = text("DELETE FROM conversation WHERE account_id = :account_id AND id = :id")


@dataclass(frozen=True, slots=True)
class Queue:
    """What a new turn finds: the tip to go on from, turns so far, and those that are open."""

    head_id: str | None
    turns: int
    open: int


def insert(c: Connection, turn: Turn, user_label: str | None) -> None:
    """Begin a conversation with a turn that runs."""
    c.run(
        _INSERT,
        account_id=turn.scope.account_id,
        id=turn.conversation_id,
        user_label=user_label,
        head_id=turn.answer_id,
        now=turn.created_at,
    )


def find(c: Connection, scope: Scope, conversation_id: str) -> Conversation:
    row = c.one(_FIND, account_id=scope.account_id, id=conversation_id)
    if row is None:
        raise _missing()
    return Conversation(*row)


def queue(c: Connection, scope: Scope, conversation_id: str) -> Queue:
    row = c.one(_QUEUE, account_id=scope.account_id, id=conversation_id)
    if row is None:
        raise _missing()
    return Queue(*row)


def head(c: Connection, scope: Scope, conversation_id: str) -> str | None:
    row = c.one(_HEAD, account_id=scope.account_id, id=conversation_id)
    return row[0] if row else None


def add_turn(c: Connection, turn: Turn, tip: str | None) -> None:
    """Count a turn. If it runs its answer is the new head, and its user message is counted too."""
    runs = turn.state is State.RUNNING
    c.run(
        _ADD_TURN,
        account_id=turn.scope.account_id,
        id=turn.conversation_id,
        head_id=turn.answer_id if runs else tip,
        messages=1 if runs else 0,
        now=turn.created_at,
    )


def end_turn(c: Connection, scope: Scope, conversation_id: str, messages: int, now: int) -> bool:
    """Count the messages that the end of a turn adds; whether another turn waits."""
    row = c.one(
        _END_TURN,
        account_id=scope.account_id,
        id=conversation_id,
        messages=messages,
        now=now,
    )
    return row is not None and bool(row[0])


def extend(c: Connection, scope: Scope, conversation_id: str, head_id: str) -> None:
    """Put a user message and the answer to come, which is the new head, at the tip."""
    c.run(_EXTEND, account_id=scope.account_id, id=conversation_id, head_id=head_id)


def move(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    head_id: str | None,
    message_count: int,
) -> None:
    """Point a conversation at a branch."""
    c.run(
        _MOVE,
        account_id=scope.account_id,
        id=conversation_id,
        head_id=head_id,
        message_count=message_count,
    )


def open_turns(c: Connection, scope: Scope, conversation_id: str) -> list[str]:
    find(c, scope, conversation_id)
    return [row[0] for row in c.all(_OPEN_TURNS, account_id=scope.account_id, id=conversation_id)]


def delete(c: Connection, scope: Scope, conversation_id: str) -> None:
    if open_turns(c, scope, conversation_id):
        raise Conflict("A turn of this conversation still runs. Stop it first, then try again.")
    for statement in (_DELETE_EVENTS, _DELETE_TURNS, _DELETE_MESSAGES, _DELETE):
        c.run(statement, account_id=scope.account_id, id=conversation_id)


def _missing() -> NotFound:
    return NotFound("There is no such conversation.")
