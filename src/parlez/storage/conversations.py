"""Conversations as rows."""

from dataclasses import dataclass

from sqlalchemy import text

from parlez.core.conversations import Conversation
from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Scope
from parlez.core.turns import Turn
from parlez.storage.connection import Connection

_INSERT = text("""
    INSERT INTO conversation
        (account_id, id, user_label, head_id, message_count, turn_count, created_at, updated_at)
    VALUES (:account_id, :id, :user_label, :head_id, :messages, 1, :now, :now)
""")

_FIND = text("""
    SELECT id, user_label, head_id, message_count, created_at, updated_at FROM conversation
    WHERE account_id = :account_id AND id = :id
""")

# Whoever changes which turns a conversation has, or which of them run, first changes its row. That
# holds the row until the transaction ends, so that what later statements read of the conversation
# stays true. It must be statements of their own: PostgreSQL lets one that waited for a row see that
# row as it is now, and everything else as it was before the wait.
_JOIN = text("""
    UPDATE conversation SET turn_count = turn_count + 1, updated_at = :now
    WHERE account_id = :account_id AND id = :id
    RETURNING head_id, turn_count
""")

_HOLD = text("""
    UPDATE conversation SET turn_count = turn_count WHERE account_id = :account_id AND id = :id
""")

_COUNT_OPEN = text("""
    SELECT count(*) FROM turn
    WHERE account_id = :account_id AND conversation_id = :id AND state IN ('queued', 'running')
""")

_HEAD = text("SELECT head_id FROM conversation WHERE account_id = :account_id AND id = :id")

_END_TURN = text("""
    UPDATE conversation SET message_count = message_count + :messages, updated_at = :now
    WHERE account_id = :account_id AND id = :id
    RETURNING turn_count
""")

_EXTEND = text("""
    UPDATE conversation SET head_id = :head_id, message_count = message_count + :messages
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
    """What a new turn finds: the tip to go on from, its own place among all turns so far, and how
    many of those before it are open."""

    head_id: str | None
    position: int
    open: int


def insert(c: Connection, turn: Turn, user_label: str | None, messages: int) -> None:
    """Begin a conversation with a turn that runs and so many messages."""
    c.do(
        _INSERT,
        account_id=turn.scope.account_id,
        id=turn.conversation_id,
        user_label=user_label,
        head_id=turn.answer_id,
        messages=messages,
        now=turn.created_at,
    )


def find(c: Connection, scope: Scope, conversation_id: str) -> Conversation:
    row = c.one(_FIND, account_id=scope.account_id, id=conversation_id)
    if row is None:
        raise _missing()
    return Conversation(*row)


def join(c: Connection, scope: Scope, conversation_id: str, now: int) -> Queue:
    """Count one more turn, which the caller is about to add."""
    row = c.one(_JOIN, account_id=scope.account_id, id=conversation_id, now=now)
    if row is None:
        raise _missing()
    opened = c.one(_COUNT_OPEN, account_id=scope.account_id, id=conversation_id)
    assert opened is not None
    return Queue(row[0], row[1], opened[0])


def hold(c: Connection, scope: Scope, conversation_id: str) -> None:
    """Keep everyone else from starting, promoting or ending turns of a conversation until the end
    of the transaction."""
    if not c.run(_HOLD, account_id=scope.account_id, id=conversation_id):
        raise _missing()


def head(c: Connection, scope: Scope, conversation_id: str) -> str | None:
    row = c.one(_HEAD, account_id=scope.account_id, id=conversation_id)
    return row[0] if row else None


def end_turn(c: Connection, scope: Scope, conversation_id: str, messages: int, now: int) -> int:
    """Count the messages that the end of a turn adds; the place of the newest turn, 0 if there is
    no such conversation."""
    row = c.one(
        _END_TURN,
        account_id=scope.account_id,
        id=conversation_id,
        messages=messages,
        now=now,
    )
    return row[0] if row else 0


def extend(c: Connection, scope: Scope, conversation_id: str, head_id: str, messages: int) -> None:
    """Put so many messages and the answer to come, which is the new head, at the tip."""
    c.do(
        _EXTEND,
        account_id=scope.account_id,
        id=conversation_id,
        head_id=head_id,
        messages=messages,
    )


def move(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    head_id: str | None,
    message_count: int,
) -> None:
    """Point a conversation at a branch."""
    c.do(
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
    hold(c, scope, conversation_id)
    if open_turns(c, scope, conversation_id):
        raise Conflict("A turn of this conversation still runs. Stop it first, then try again.")
    for statement in (_DELETE_EVENTS, _DELETE_TURNS, _DELETE_MESSAGES, _DELETE):
        c.do(statement, account_id=scope.account_id, id=conversation_id)


def _missing() -> NotFound:
    return NotFound("There is no such conversation.")
