"""Messages as rows."""

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.messages import Message, Role, State
from parlez.core.ports.turn_store import Branch
from parlez.core.turns import Turn
from parlez.storage.connection import Connection, Row

_COLUMNS = "account_id, id, conversation_id, turn_id, parent_id, role, state, created_at, content"

_INSERT_ANSWER = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :answer_id, :conversation_id, :turn_id, :answer_parent_id, 'assistant',
         :answer_state, :now, '')
""")

_INSERT_BOTH = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :user_message_id, :conversation_id, :turn_id, :parent_id, 'user',
         :state, :now, :content),
        (:account_id, :answer_id, :conversation_id, :turn_id, :answer_parent_id, 'assistant',
         :answer_state, :now, '')
""")

_INSERT_ALONE = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :id, :conversation_id, '', :parent_id, :role, 'completed', :now, :content)
""")

_FIND = text("""
    SELECT id, turn_id, role, content, state, created_at, parent_id FROM message
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND id = :id
""")

_FINISH = text("""
    UPDATE message SET state = :state, content = :content
    WHERE account_id = :account_id AND id = :id
""")

_LINK = text("""
    UPDATE message SET parent_id = :parent_id, state = :state
    WHERE account_id = :account_id AND id = :id
""")

_CONTENT = text("SELECT content FROM message WHERE account_id = :account_id AND id = :id")

_STATE = text("SELECT state FROM message WHERE account_id = :account_id AND id = :id")

_ADOPT = text("""
    UPDATE message SET parent_id = :answer_id
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND parent_id = :replaced_id
""")

_BELONGS = text("""
    SELECT 1 FROM message
    WHERE account_id = :account_id AND id = :id AND conversation_id = :conversation_id
""")

# Messages are known by their place from the tip, which is 1 for the last that has text.
_WALK = """
    WITH RECURSIVE branch (id, parent_id, has_text, place) AS (
        SELECT id, parent_id, CASE content WHEN '' THEN 0 ELSE 1 END,
            CASE content WHEN '' THEN 0 ELSE 1 END
        FROM message WHERE account_id = :account_id AND id = :tip
        UNION ALL
        SELECT m.id, m.parent_id, CASE m.content WHEN '' THEN 0 ELSE 1 END,
            branch.place + CASE m.content WHEN '' THEN 0 ELSE 1 END
        FROM branch JOIN message AS m
            ON m.account_id = :account_id AND m.id = branch.parent_id
        WHERE branch.id <> :until_id AND branch.place < :until
    )
"""

_PAGE = text(f"""
    {_WALK}
    SELECT m.id, m.turn_id, m.role, m.content, m.state, m.created_at
    FROM branch JOIN message AS m ON m.account_id = :account_id AND m.id = branch.id
    WHERE branch.has_text = 1 AND branch.place > :skip AND branch.place <= :until
    ORDER BY branch.place DESC
""")

_PLACE = text(f"""
    {_WALK}
    SELECT place FROM branch WHERE id = :until_id AND has_text = 1
""")

# The branch is walked from its tip to its root, which is the order in which rows come out.
_BRANCH = """
    WITH RECURSIVE branch (id, turn_id, parent_id, role, state, created_at, content, rest) AS (
        SELECT id, turn_id, parent_id, role, state, created_at, content,
            :characters - length(content)
        FROM message WHERE account_id = :account_id AND id = :tip
        UNION ALL
        SELECT m.id, m.turn_id, m.parent_id, m.role, m.state, m.created_at, m.content,
            branch.rest - length(m.content)
        FROM branch JOIN message AS m
            ON m.account_id = :account_id AND m.id = branch.parent_id
        WHERE branch.rest > 0
    )
"""

_PATH = text(f"""
    {_BRANCH}
    SELECT id, turn_id, role, content, state, created_at FROM branch
    WHERE content <> '' LIMIT :limit
""")

_COUNT = text(f"""
    {_BRANCH}
    SELECT count(*) FROM branch WHERE content <> ''
""")

_ANY_LENGTH = 2**53
_ANY_COUNT = 2**31


def insert_both(c: Connection, turn: Turn, content: str, tip: str | None) -> None:
    """Store the user message of a new turn and the empty answer to it: behind the tip of the
    conversation if the turn runs, without a place in it yet if the turn waits."""
    runs = turn.state is State.RUNNING
    c.do(
        _INSERT_BOTH,
        account_id=turn.scope.account_id,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        user_message_id=turn.user_message_id,
        parent_id=tip if runs else None,
        state=State.COMPLETED if runs else State.QUEUED,
        content=content,
        answer_id=turn.answer_id,
        answer_parent_id=turn.user_message_id if runs else None,
        answer_state=turn.state,
        now=turn.created_at,
    )


def insert_answer(c: Connection, turn: Turn) -> None:
    """Store the empty answer of a turn that waits; its user message is there already."""
    c.do(
        _INSERT_ANSWER,
        account_id=turn.scope.account_id,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        answer_id=turn.answer_id,
        answer_parent_id=None,
        answer_state=turn.state,
        now=turn.created_at,
    )


def insert_alone(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    message: Message,
    parent_id: str | None,
) -> None:
    """Store a message that belongs to no turn."""
    c.do(
        _INSERT_ALONE,
        account_id=scope.account_id,
        conversation_id=conversation_id,
        id=message.id,
        parent_id=parent_id,
        role=message.role,
        now=message.created_at,
        content=message.content,
    )


def find(
    c: Connection, scope: Scope, conversation_id: str, message_id: str
) -> tuple[Message, str | None]:
    """A message of a conversation, and what it follows. Raises `NotFound`."""
    row = c.one(_FIND, account_id=scope.account_id, conversation_id=conversation_id, id=message_id)
    if row is None:
        raise NotFound("There is no such message in this conversation.")
    return _read(row), row[6]


def finish(c: Connection, scope: Scope, message_id: str, state: State, content: str) -> None:
    """Give an answer its text and its final state."""
    c.do(
        _FINISH,
        account_id=scope.account_id,
        id=message_id,
        state=state,
        content=content,
    )


def link(c: Connection, scope: Scope, message_id: str, parent_id: str | None, state: State) -> None:
    """Give a message its place in the tree."""
    c.do(
        _LINK,
        account_id=scope.account_id,
        id=message_id,
        parent_id=parent_id,
        state=state,
    )


def state(c: Connection, scope: Scope, message_id: str) -> State:
    """The state of a message that exists."""
    row = c.one(_STATE, account_id=scope.account_id, id=message_id)
    assert row is not None
    return State(row[0])


def content(c: Connection, scope: Scope, message_id: str) -> str:
    row = c.one(_CONTENT, account_id=scope.account_id, id=message_id)
    return row[0] if row else ""


def adopt(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    replaced_id: str,
    answer_id: str,
) -> None:
    """Let what followed one answer follow another."""
    c.do(
        _ADOPT,
        account_id=scope.account_id,
        conversation_id=conversation_id,
        replaced_id=replaced_id,
        answer_id=answer_id,
    )


def belongs(c: Connection, scope: Scope, message_id: str, conversation_id: str) -> bool:
    row = c.one(
        _BELONGS,
        account_id=scope.account_id,
        id=message_id,
        conversation_id=conversation_id,
    )
    return row is not None


def path(
    c: Connection,
    scope: Scope,
    tip: str,
    characters: int = _ANY_LENGTH,
    limit: int = _ANY_COUNT,
) -> list[Message]:
    """Messages with text from a tip back towards the root, newest first."""
    rows = c.all(
        _PATH,
        account_id=scope.account_id,
        tip=tip,
        characters=characters,
        limit=limit,
    )
    return [_read(row) for row in rows]


def page(c: Connection, scope: Scope, tip: str, skip: int, limit: int) -> list[Message]:
    """So many messages with text that come before the last so many of a branch, oldest first."""
    rows = c.all(
        _PAGE, account_id=scope.account_id, tip=tip, until_id="", skip=skip, until=skip + limit
    )
    return [_read(row) for row in rows]


def place(c: Connection, scope: Scope, tip: str, message_id: str) -> int | None:
    """The place of a message with text on a branch, counted from its tip, which is 1; None if it is
    not on it."""
    row = c.one(_PLACE, account_id=scope.account_id, tip=tip, until_id=message_id, until=_ANY_COUNT)
    return int(row[0]) if row else None


def branch(c: Connection, scope: Scope, tip: str, characters: int) -> Branch:
    """The end of a branch, oldest first, as long as was asked for."""
    newest_first = path(c, scope, tip, characters)
    cut_short = sum(len(message.content) for message in newest_first) >= characters
    earlier = count(c, scope, tip) - len(newest_first) if cut_short else 0
    return Branch(newest_first[::-1], earlier)


def count(c: Connection, scope: Scope, tip: str | None) -> int:
    """How many messages with text a branch has."""
    row = c.one(_COUNT, account_id=scope.account_id, tip=tip, characters=_ANY_LENGTH)
    assert row is not None
    return int(row[0])


def _read(row: Row) -> Message:
    return Message(row[0], row[1], Role(row[2]), row[3], State(row[4]), row[5])
