"""Erasing one turn, and closing the gap that it leaves."""

from sqlalchemy import text

from parlez.core.errors import Conflict
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

_OTHER_TURN = text("""
    SELECT 1 FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND id <> :id LIMIT 1
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

_DELETE_EVENTS = text("""
    DELETE FROM turn_event WHERE account_id = :account_id AND turn_id = :id
""")

_DELETE_TURN = text("DELETE FROM turn WHERE account_id = :account_id AND id = :id")


def delete(c: Connection, scope: Scope, turn_id: str) -> None:
    """Erase a turn with what it was asked and its answer. What was said after it follows what was
    said before it, and a conversation that has no other turn goes with it. Raises `NotFound`, and
    `Conflict` while the turn waits or runs."""
    conversation_id = turns.find(c, scope, turn_id).conversation_id
    conversations.hold(c, scope, conversation_id)
    turn = turns.find(c, scope, turn_id)
    if not turn.state.ended:
        raise Conflict("The turn still runs. Stop it first, then try again.")
    here = {"account_id": scope.account_id, "conversation_id": conversation_id}
    if c.one(_OTHER_TURN, **here, id=turn_id) is None:
        conversations.delete(c, scope, conversation_id)
        return
    other = c.one(_OTHER_ANSWER, **here, user_message_id=turn.user_message_id, id=turn_id)
    tip = other[0] if other else messages.first_said(c, turn).parent_id
    c.do(_ADOPT, **here, parent_id=tip, answer_id=turn.answer_id)
    if conversations.head(c, scope, conversation_id) != turn.answer_id:
        tip = conversations.head(c, scope, conversation_id)
    c.do(_DELETE_ANSWER, account_id=scope.account_id, answer_id=turn.answer_id)
    if other is None:
        # It came with the first attempt, which may be gone.
        c.do(_DELETE_SAID, **here, user_message_id=turn.user_message_id)
    c.do(_DELETE_EVENTS, account_id=scope.account_id, id=turn_id)
    c.do(_DELETE_TURN, account_id=scope.account_id, id=turn_id)
    conversations.move(c, scope, conversation_id, tip, messages.count(c, scope, tip))
