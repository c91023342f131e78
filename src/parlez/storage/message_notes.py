"""Notes that something of a conversation has to be looked at, so that it is found rightly.

Most of them the database makes itself, whenever a message is stored; see the migration.
"""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.storage.connection import Connection

WHOLE = ""
"""The message id of a note that concerns a whole conversation."""

_NOTE = text("""
    INSERT INTO message_change (account_id, conversation_id, message_id)
    VALUES (:account_id, :conversation_id, :message_id)
    ON CONFLICT (account_id, conversation_id, message_id) DO NOTHING
""")


def note(c: Connection, scope: Scope, conversation_id: str, message_id: str = WHOLE) -> None:
    c.do(
        _NOTE,
        account_id=scope.account_id,
        conversation_id=conversation_id,
        message_id=message_id,
    )
