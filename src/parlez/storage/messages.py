"""Messages as rows."""

from dataclasses import dataclass, replace

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import Message, Role, State
from parlez.core.ports.turn_store import Branch
from parlez.core.turns import Ending, Turn, TurnRequest
from parlez.storage.connection import Connection, Row
from parlez.storage.details import read_call_id, read_calls, write_detail
from parlez.storage.groundings import read_citations

_COLUMNS = """
    account_id, id, conversation_id, turn_id, parent_id, role, state, created_at, content, detail
"""

_INSERT_ANSWER = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :answer_id, :conversation_id, :turn_id, :answer_parent_id, 'assistant',
         :answer_state, :now, '', NULL)
""")

_INSERT_SAID = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :id, :conversation_id, :turn_id, :parent_id, :role, 'completed', :now,
         :content, :detail)
""")

_INSERT_BOTH = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :user_message_id, :conversation_id, :turn_id, :parent_id, :role,
         :state, :now, :content, :detail),
        (:account_id, :answer_id, :conversation_id, :turn_id, :answer_parent_id, 'assistant',
         :answer_state, :now, '', NULL)
""")

_INSERT_ALONE = text(f"""
    INSERT INTO message ({_COLUMNS}) VALUES
        (:account_id, :id, :conversation_id, '', :parent_id, :role, 'completed', :now, :content,
         NULL)
""")

_FIND = text("""
    SELECT id, turn_id, role, content, state, created_at, detail, parent_id FROM message
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND id = :id
""")

_FINISH = text("""
    UPDATE message SET state = :state, content = :content, detail = :detail
    WHERE account_id = :account_id AND id = :id
""")

_LINK = text("""
    UPDATE message SET parent_id = :parent_id, state = :state
    WHERE account_id = :account_id AND id = :id
""")

_CONTENT = text("SELECT content FROM message WHERE account_id = :account_id AND id = :id")
_COMPLETE = text("""
    UPDATE message SET state = 'completed' WHERE account_id = :account_id AND id = :id
""")

# What was said before the user message of a turn, and came with it, is of the same turn.
_FIRST_SAID = text("""
    WITH RECURSIVE said (id, turn_id, parent_id, depth) AS (
        SELECT id, turn_id, parent_id, 1 FROM message
        WHERE account_id = :account_id AND id = :id
        UNION ALL
        SELECT m.id, m.turn_id, m.parent_id, said.depth + 1
        FROM said JOIN message AS m ON m.account_id = :account_id AND m.id = said.parent_id
        WHERE m.turn_id = said.turn_id
    )
    SELECT id, parent_id, depth FROM said ORDER BY depth DESC LIMIT 1
""")

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

# Messages are known by their place from the tip, which is 1 for the last that says something.
_SAYS = "CASE WHEN {0}.content <> '' OR {0}.detail IS NOT NULL THEN 1 ELSE 0 END"
_WALK = f"""
    WITH RECURSIVE branch (id, parent_id, says, place) AS (
        SELECT id, parent_id, {_SAYS.format("message")}, {_SAYS.format("message")}
        FROM message WHERE account_id = :account_id AND id = :tip
        UNION ALL
        SELECT m.id, m.parent_id, {_SAYS.format("m")},
            branch.place + {_SAYS.format("m")}
        FROM branch JOIN message AS m
            ON m.account_id = :account_id AND m.id = branch.parent_id
        WHERE branch.id <> :until_id AND branch.place < :until
    )
"""

_CITATIONS = """(
    SELECT citations FROM turn
    WHERE account_id = :account_id AND id = {0}.turn_id AND answer_id = {0}.id
)"""

_PAGE = text(f"""
    {_WALK}
    SELECT m.id, m.turn_id, m.role, m.content, m.state, m.created_at, m.detail,
        {_CITATIONS.format("m")}
    FROM branch JOIN message AS m ON m.account_id = :account_id AND m.id = branch.id
    WHERE branch.says = 1 AND branch.place > :skip AND branch.place <= :until
    ORDER BY branch.place DESC
""")

_PLACE = text(f"""
    {_WALK}
    SELECT place FROM branch WHERE id = :until_id AND says = 1
""")

# The branch is walked from its tip to its root, which is the order in which rows come out.
_BRANCH = """
    WITH RECURSIVE
    branch (id, turn_id, parent_id, role, state, created_at, content, detail, rest) AS (
        SELECT id, turn_id, parent_id, role, state, created_at, content, detail,
            :characters - length(content)
        FROM message WHERE account_id = :account_id AND id = :tip
        UNION ALL
        SELECT m.id, m.turn_id, m.parent_id, m.role, m.state, m.created_at, m.content, m.detail,
            branch.rest - length(m.content)
        FROM branch JOIN message AS m
            ON m.account_id = :account_id AND m.id = branch.parent_id
        WHERE branch.rest > 0
    )
"""

_PATH = text(f"""
    {_BRANCH}
    SELECT id, turn_id, role, content, state, created_at, detail FROM branch
    WHERE content <> '' OR detail IS NOT NULL
""")

_NEWEST = text(f"""
    {_BRANCH}
    SELECT id, turn_id, role, content, state, created_at, detail, {_CITATIONS.format("branch")}
    FROM branch WHERE content <> '' OR detail IS NOT NULL LIMIT :limit
""")

_COUNT = text(f"""
    {_BRANCH}
    SELECT count(*) FROM branch WHERE content <> '' OR detail IS NOT NULL
""")

_SAID = text(f"""
    {_BRANCH}
    SELECT id FROM branch WHERE content <> '' AND role IN ('user', 'assistant')
        AND state NOT IN ('queued', 'running')
""")

_ANY_LENGTH = 2**53
_ANY_COUNT = 2**31


@dataclass(frozen=True, slots=True)
class FirstSaid:
    """The first message that a turn came with, the one that it follows if that is known, and how
    many messages the turn came with."""

    id: str
    parent_id: str | None
    depth: int


def insert_said(c: Connection, turn: Turn, request: TurnRequest, tip: str | None) -> None:
    """Store what a new turn was asked and the empty answer to it: behind `tip` if the turn runs. If
    it waits it has no place in the conversation yet, unless the request names one."""
    runs = turn.state is State.RUNNING
    parent_id = tip if runs else request.parent_id
    for prompt in request.earlier:
        message_id = new_id()
        c.do(
            _INSERT_SAID,
            account_id=turn.scope.account_id,
            id=message_id,
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            parent_id=parent_id,
            role=prompt.role,
            now=turn.created_at,
            content=prompt.content,
            detail=write_detail(prompt.tool_calls, prompt.tool_call_id),
        )
        parent_id = message_id
    c.do(
        _INSERT_BOTH,
        account_id=turn.scope.account_id,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        user_message_id=turn.user_message_id,
        parent_id=parent_id,
        role=request.role,
        state=State.COMPLETED if runs else State.QUEUED,
        content=request.text,
        detail=write_detail((), request.tool_call_id),
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
    return _read(row[:7]), row[7]


def finish(c: Connection, scope: Scope, message_id: str, ending: Ending) -> None:
    """Give an answer its text, the tools that it calls and its final state."""
    c.do(
        _FINISH,
        account_id=scope.account_id,
        id=message_id,
        state=ending.state,
        content=ending.text,
        detail=write_detail(ending.tool_calls),
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


def complete(c: Connection, scope: Scope, message_id: str) -> None:
    """Note that a message waits no more."""
    c.do(_COMPLETE, account_id=scope.account_id, id=message_id)


def first_said(c: Connection, turn: Turn) -> FirstSaid:
    """Where what a turn was asked begins."""
    row = c.one(_FIRST_SAID, account_id=turn.scope.account_id, id=turn.user_message_id)
    assert row is not None
    return FirstSaid(*row)


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


def path(c: Connection, scope: Scope, tip: str, characters: int) -> list[Message]:
    """Messages, without empty ones, from a tip back towards the root, newest first. Their citations
    are left out."""
    rows = c.all(_PATH, account_id=scope.account_id, tip=tip, characters=characters)
    return [_read(row) for row in rows]


def newest(c: Connection, scope: Scope, tip: str, limit: int) -> list[Message]:
    """So many messages, without empty ones, from a tip back towards the root, newest first."""
    rows = c.all(_NEWEST, account_id=scope.account_id, tip=tip, characters=_ANY_LENGTH, limit=limit)
    return [_read_cited(row) for row in rows]


def page(c: Connection, scope: Scope, tip: str, skip: int, limit: int) -> list[Message]:
    """So many messages with text that come before the last so many of a branch, oldest first."""
    rows = c.all(
        _PAGE, account_id=scope.account_id, tip=tip, until_id="", skip=skip, until=skip + limit
    )
    return [_read_cited(row) for row in rows]


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


def said(c: Connection, scope: Scope, tip: str) -> list[str]:
    """Ids of what users and models have said on a branch and is not being said any more."""
    rows = c.all(_SAID, account_id=scope.account_id, tip=tip, characters=_ANY_LENGTH)
    return [row[0] for row in rows]


def count(c: Connection, scope: Scope, tip: str | None) -> int:
    """How many messages a branch has, without empty ones."""
    row = c.one(_COUNT, account_id=scope.account_id, tip=tip, characters=_ANY_LENGTH)
    assert row is not None
    return int(row[0])


def _read(row: Row) -> Message:
    id_, turn_id, role, content, state, created_at, detail = row
    return Message(
        id_,
        turn_id,
        Role(role),
        content,
        State(state),
        created_at,
        read_calls(detail),
        read_call_id(detail),
    )


def _read_cited(row: Row) -> Message:
    return replace(_read(row[:7]), citations=read_citations(row[7]))
