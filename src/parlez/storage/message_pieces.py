"""Pieces of messages, as they are found."""

from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.messages import Role
from parlez.core.ports.message_index import Piece
from parlez.core.search import Within
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Dialect
from parlez.storage.lists import SERIALS, listed

# What the index says is looked at once more: nobody finds what lies outside of where they look. The
# account is compared as an expression, lest SQLite walk all that it has.
_WITHIN = """
    conversation.account_id || '' = :account_id
        AND (:any_user = 1 OR coalesce(conversation.user_label, '') = :user_label)
        AND (:conversation_id = '' OR conversation.id = :conversation_id)
        AND (:role = '' OR message.role = :role)
        AND (:app_id = '' OR (conversation.app_id = :app_id AND conversation.visitor = :visitor))
"""

_OF_CONVERSATION = """
    JOIN conversation ON conversation.account_id = message.account_id
        AND conversation.id = message.conversation_id
"""

_COLUMNS = """
    message.id, message.conversation_id, message.role, message.created_at, conversation.title,
    conversation.created_at, conversation.updated_at
"""

_PIECES = {
    dialect: text(f"""
        SELECT {_COLUMNS}, piece.serial, CASE piece.last_place WHEN 0 THEN message.content
            ELSE substr(message.content, piece.start + 1, piece.length) END
        FROM message_piece AS piece JOIN message
            ON message.account_id = piece.account_id AND message.id = piece.message_id
        {_OF_CONVERSATION}
        WHERE {_WITHIN} AND piece.serial IN {serials}
    """)
    for dialect, serials in SERIALS.items()
}

_NOT_INDEXED = text(f"""
    SELECT {_COLUMNS}, 0, message.content
    FROM (
        SELECT account_id, message_id FROM message_change
        WHERE account_id = :account_id AND message_id <> ''
            AND (:conversation_id = '' OR conversation_id = :conversation_id)
        ORDER BY account_id DESC, conversation_id DESC, message_id DESC LIMIT :limit
    ) AS change JOIN message
        ON message.account_id = change.account_id AND message.id = change.message_id
    {_OF_CONVERSATION}
    WHERE {_WITHIN}
""")

_SERIALS = text("""
    SELECT serial FROM message_piece
    WHERE account_id = :account_id AND conversation_id = :conversation_id
    ORDER BY serial DESC LIMIT :limit
""")


def find(
    c: Connection, dialect: Dialect, scope: Scope, within: Within, serials: Sequence[int]
) -> list[Piece]:
    rows = c.all(_PIECES[dialect], **_parameters(scope, within), serials=listed(serials))
    return [_read(row) for row in rows]


def not_indexed(c: Connection, scope: Scope, within: Within, limit: int) -> list[Piece]:
    rows = c.all(_NOT_INDEXED, **_parameters(scope, within), limit=limit)
    return [_read(row) for row in rows]


def serials(c: Connection, scope: Scope, conversation_id: str, limit: int) -> list[int]:
    rows = c.all(
        _SERIALS, account_id=scope.account_id, conversation_id=conversation_id, limit=limit
    )
    return [row[0] for row in rows]


def _parameters(scope: Scope, within: Within) -> dict[str, str | int]:
    return {
        "account_id": scope.account_id,
        "any_user": int(within.conversation_id is not None),
        "user_label": within.user_label or "",
        "conversation_id": within.conversation_id or "",
        "role": within.role or "",
        "app_id": scope.app_id or "",
        "visitor": scope.visitor or "",
    }


def _read(row: Row) -> Piece:
    message_id, conversation_id, role, created_at, title, begun_at, updated_at, serial, said = row
    return Piece(
        serial=serial,
        message_id=message_id,
        conversation_id=conversation_id,
        role=Role(role),
        text=said,
        created_at=created_at,
        title=title,
        begun_at=begun_at,
        updated_at=updated_at,
    )
