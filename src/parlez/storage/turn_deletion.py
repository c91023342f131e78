"""Erasing one turn, and closing the gap that it leaves."""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.turns import Turn
from parlez.storage import conversations, messages, turns
from parlez.storage.connection import Connection

_HERE = "account_id = :account_id AND conversation_id = :conversation_id"

# What was added to a conversation without asking anything has no turn.
_HOLDS_MORE = text(f"""
    SELECT 1 FROM turn WHERE {_HERE} AND id <> :id
    UNION ALL
    SELECT 1 FROM message WHERE {_HERE} AND turn_id = '' LIMIT 1
""")

# One that has no place in the conversation keeps nothing in its place.
_OTHER_ANSWER = text("""
    SELECT turn.answer_id FROM turn
    JOIN message ON message.account_id = turn.account_id AND message.id = turn.answer_id
    WHERE turn.account_id = :account_id AND turn.conversation_id = :conversation_id
        AND turn.user_message_id = :user_message_id AND turn.id <> :id
        AND message.parent_id IS NOT NULL
    ORDER BY turn.position DESC LIMIT 1
""")

_ASKED_BY_OTHERS = text(f"""
    SELECT user_message_id FROM turn WHERE {_HERE} AND id <> :id
""")

# What came with a turn is of the first attempt at it, which may be gone.
_SAID = text(f"""
    SELECT id, parent_id FROM message
    WHERE {_HERE} AND turn_id <> '' AND turn_id = (
        SELECT turn_id FROM message WHERE account_id = :account_id AND id = :user_message_id
    ) AND id NOT IN (SELECT answer_id FROM turn WHERE {_HERE})
""")

_ADOPT = text(f"UPDATE message SET parent_id = :parent_id WHERE {_HERE} AND parent_id = :answer_id")

_CLOSE_GAPS = text(f"""
    UPDATE message SET parent_id = :parent_id
    WHERE {_HERE} AND parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM message AS parent
        WHERE parent.account_id = :account_id AND parent.id = message.parent_id
    )
""")

_DELETE_MESSAGE = text("DELETE FROM message WHERE account_id = :account_id AND id = :id")

_DELETE_FEEDBACK = text(f"DELETE FROM feedback WHERE {_HERE} AND message_id = :id")

_DELETE_EVENTS = text("""
    DELETE FROM turn_event WHERE account_id = :account_id AND turn_id = :id
""")

_DELETE_TURN = text("DELETE FROM turn WHERE account_id = :account_id AND id = :id")


def delete(c: Connection, scope: Scope, turn_id: str) -> None:
    """Erase a turn with its answer and what it was asked, unless another turn was asked the same.
    What was said after it follows what was said before it, and a conversation that holds nothing
    else goes with it. Raises `NotFound`, and `Conflict` while a turn of the conversation waits or
    runs."""
    turn = turns.find(c, scope, turn_id)
    conversation_id = turn.conversation_id
    conversations.hold_idle(c, scope, conversation_id)
    here = {"account_id": scope.account_id, "conversation_id": conversation_id}
    if c.one(_HOLDS_MORE, **here, id=turn_id) is None:
        conversations.delete(c, scope, conversation_id)
        return
    asked_by_others = {row[0] for row in c.all(_ASKED_BY_OTHERS, **here, id=turn_id)}
    gone, before = _said_for_it_alone(c, turn, asked_by_others)
    gone = {*gone, turn.answer_id}
    other = c.one(_OTHER_ANSWER, **here, user_message_id=turn.user_message_id, id=turn_id)
    head = tip = conversations.head(c, scope, conversation_id)
    if head in gone:
        tip = other[0] if other and head == turn.answer_id else before
    if other:
        c.do(_ADOPT, **here, parent_id=other[0], answer_id=turn.answer_id)
    for message_id in gone:
        c.do(_DELETE_FEEDBACK, **here, id=message_id)
        c.do(_DELETE_MESSAGE, account_id=scope.account_id, id=message_id)
    c.do(_CLOSE_GAPS, **here, parent_id=before)
    c.do(_DELETE_EVENTS, account_id=scope.account_id, id=turn_id)
    c.do(_DELETE_TURN, account_id=scope.account_id, id=turn_id)
    conversations.move(c, scope, conversation_id, tip, messages.count(c, scope, tip))


def _said_for_it_alone(
    c: Connection, turn: Turn, asked_elsewhere: set[str]
) -> tuple[set[str], str | None]:
    """The messages that a turn came with and no other turn was asked, and what stays before them.
    What stays was asked, or comes before what was."""
    rows = c.all(
        _SAID,
        account_id=turn.scope.account_id,
        conversation_id=turn.conversation_id,
        user_message_id=turn.user_message_id,
    )
    said: dict[str, str | None] = {row[0]: row[1] for row in rows}
    kept: set[str] = set()
    for asked in asked_elsewhere & said.keys():
        place: str | None = asked
        while place in said and place not in kept:
            kept.add(place)
            place = said[place]
    gone = said.keys() - kept
    before: str | None = turn.user_message_id
    while before in gone:
        before = said[before]
    return gone, before
