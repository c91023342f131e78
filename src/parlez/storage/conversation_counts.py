"""How many conversations there are, kept by the transactions that change it."""

from sqlalchemy import text

from parlez.core.conversations import Conversation
from parlez.core.identity import Scope
from parlez.storage.connection import Connection

ALL = "all"
"""Who the conversations of an account are with, taken together."""

_ADD = text("""
    INSERT INTO conversation_count (account_id, who, slot, active, archived)
    VALUES (:account_id, 'all', :slot, :active, :archived),
        (:account_id, :who, :slot, :active, :archived)
    ON CONFLICT (account_id, who, slot) DO UPDATE SET
        active = conversation_count.active + excluded.active,
        archived = conversation_count.archived + excluded.archived
""")

_SUM = text("""
    SELECT coalesce(sum(active), 0), coalesce(sum(archived), 0) FROM conversation_count
    WHERE account_id = :account_id AND who = :who
""")


def who(user_label: str | None) -> str:
    return f"user:{user_label or ''}"


def add(
    c: Connection, scope: Scope, conversation_id: str, user_label: str | None, change: int = 1
) -> None:
    """Count one more conversation that is not archived, or one less."""
    _add(c, scope, conversation_id, user_label, change, 0)


def archive(c: Connection, scope: Scope, conversation: Conversation, change: int = 1) -> None:
    """Count a conversation as archived, or as not archived any more."""
    _add(c, scope, conversation.id, conversation.user_label, -change, change)


def forget(c: Connection, scope: Scope, conversation: Conversation) -> None:
    """Count one conversation less."""
    archived = conversation.archived_at is not None
    change = (0, -1) if archived else (-1, 0)
    _add(c, scope, conversation.id, conversation.user_label, *change)


def total(c: Connection, scope: Scope, whose: str, archived: bool) -> int:
    row = c.one(_SUM, account_id=scope.account_id, who=whose)
    assert row is not None
    return int(row[1] if archived else row[0])


def _add(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    user_label: str | None,
    active: int,
    archived: int,
) -> None:
    c.do(
        _ADD,
        account_id=scope.account_id,
        who=who(user_label),
        slot=conversation_id[-1],
        active=active,
        archived=archived,
    )
