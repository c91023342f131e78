"""Erasing one turn, and closing the gap that it leaves."""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.storage import conversations, messages, turns
from parlez.storage.connection import Connection

# Another attempt at the same message may have been made, which keeps it.
_OTHER_ANSWER = text("""
    SELECT answer_id FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND user_message_id = :user_message_id AND id <> :id
    ORDER BY position DESC LIMIT 1
""")

_ANY_MESSAGE = text("""
    SELECT 1 FROM message
    WHERE account_id = :account_id AND conversation_id = :conversation_id LIMIT 1
""")

_ADOPT = text("""
    UPDATE message SET parent_id = :parent_id
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND parent_id = :answer_id
""")

_DELETE_ANSWER = text("DELETE FROM message WHERE account_id = :account_id AND id = :answer_id")

_DELETE_SAID = text("""
    DELETE FROM message
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND turn_id = (
        SELECT turn_id FROM message WHERE account_id = :account_id AND id = :user_message_id
    )
""")

_DELETE_FEEDBACK = text("""
    DELETE FROM feedback
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND message_id NOT IN (
        SELECT id FROM message
        WHERE account_id = :account_id AND conversation_id = :conversation_id
    )
""")

_DELETE_EVENTS = text("""
    DELETE FROM turn_event WHERE account_id = :account_id AND turn_id = :id
""")

_DELETE_TURN = text("DELETE FROM turn WHERE account_id = :account_id AND id = :id")


def delete(c: Connection, scope: Scope, turn_id: str) -> None:
    """Erase a turn with what it was asked and its answer. What was said after it follows what was
    said before it, and a conversation in which nothing else was said goes with it. Raises
    `NotFound`, and `Conflict` while a turn of the conversation waits or runs."""
    turn = turns.find(c, scope, turn_id)
    conversations.hold_idle(c, scope, turn.conversation_id)
    here = {"account_id": scope.account_id, "conversation_id": turn.conversation_id}
    other = c.one(_OTHER_ANSWER, **here, user_message_id=turn.user_message_id, id=turn_id)
    before = other[0] if other else messages.first_said(c, turn).parent_id
    c.do(_ADOPT, **here, parent_id=before, answer_id=turn.answer_id)
    c.do(_DELETE_ANSWER, account_id=scope.account_id, answer_id=turn.answer_id)
    if other is None:
        # It came with the first attempt, which may be gone.
        c.do(_DELETE_SAID, **here, user_message_id=turn.user_message_id)
    c.do(_DELETE_FEEDBACK, **here)
    c.do(_DELETE_EVENTS, account_id=scope.account_id, id=turn_id)
    c.do(_DELETE_TURN, account_id=scope.account_id, id=turn_id)
    if c.one(_ANY_MESSAGE, **here) is None:
        conversations.delete(c, scope, turn.conversation_id)
        return
    tip = conversations.head(c, scope, turn.conversation_id)
    tip = before if tip == turn.answer_id else tip
    conversations.move(c, scope, turn.conversation_id, tip, messages.count(c, scope, tip))
