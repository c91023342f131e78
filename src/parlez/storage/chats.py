"""Conversations as the chats of assistants."""

from sqlalchemy import text

from parlez.core.assistants import Chat
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.storage.connection import Connection, Row

_CHAT = """
    SELECT conversation.id, conversation.number, assistant.number
    FROM conversation LEFT JOIN assistant
        ON assistant.account_id = conversation.account_id
        AND assistant.id = conversation.assistant_id
    WHERE conversation.account_id = :account_id
"""

_BY_NUMBER = text(f"{_CHAT} AND conversation.number = :number")
_BY_ID = text(f"{_CHAT} AND conversation.id = :id")


def by_number(c: Connection, scope: Scope, number: int) -> Chat:
    """Raises `NotFound`."""
    return _read(c.one(_BY_NUMBER, account_id=scope.account_id, number=number))


def by_id(c: Connection, scope: Scope, conversation_id: str) -> Chat:
    """Raises `NotFound`."""
    return _read(c.one(_BY_ID, account_id=scope.account_id, id=conversation_id))


def _read(row: Row | None) -> Chat:
    if row is None:
        raise NotFound("There is no such chat.")
    return Chat(*row)
