"""Conversations as rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from parlez.core.conversations import Conversation, Profile
from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Scope
from parlez.storage import conversation_counts
from parlez.storage.connection import Connection, Row
from parlez.storage.message_notes import note

_COLUMNS = """
    id, user_label, head_id, message_count, created_at, updated_at, archived_at,
    title, description, model, system_prompt, template, assistant_id, metadata, number, app_id,
    visitor
"""
"""What `read_conversation` reads, in its order."""

_INSERT = text("""
    INSERT INTO conversation
        (account_id, id, user_label, head_id, message_count, turn_count, created_at, updated_at,
         title, description, model, system_prompt, template, assistant_id, metadata, number,
         app_id, visitor)
    VALUES (:account_id, :id, :user_label, :head_id, :message_count, :turn_count, :now, :now,
        :title, :description, :model, :system_prompt, :template, :assistant_id, :metadata, :number,
        :app_id, :visitor)
""")

_OF_VISITOR = text("""
    SELECT id FROM conversation
    WHERE account_id = :account_id AND app_id = :app_id AND visitor = :visitor
""")

_FIND = text(f"""
    SELECT {_COLUMNS} FROM conversation WHERE account_id = :account_id AND id = :id
""")

# Whoever changes which turns a conversation has, or which of them run, first changes its row. That
# holds the row until the transaction ends, so that what later statements read of the conversation
# stays true. It must be statements of their own: PostgreSQL lets one that waited for a row see that
# row as it is now, and everything else as it was before the wait.
_JOIN = text("""
    UPDATE conversation
    SET turn_count = turn_count + 1, updated_at = :now, title = coalesce(title, :title)
    WHERE account_id = :account_id AND id = :id
    RETURNING head_id, turn_count, user_label, model, system_prompt, assistant_id, app_id, visitor
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

_CHANGE = text("""
    UPDATE conversation
    SET title = :title, description = :description, model = :model,
        system_prompt = :system_prompt, template = :template, metadata = :metadata,
        updated_at = :now
    WHERE account_id = :account_id AND id = :id
""")

_TOUCH = text("""
    UPDATE conversation SET updated_at = :now WHERE account_id = :account_id AND id = :id
""")

_ARCHIVE = text("""
    UPDATE conversation SET archived_at = :archived_at
    WHERE account_id = :account_id AND id = :id
""")

_DELETE_FEEDBACK = text(
    "DELETE FROM feedback WHERE account_id = :account_id AND conversation_id = :id"
)
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
    """What a new turn finds: the tip to go on from, its own place among all turns so far, how many
    of those before it are open, and the model, system prompt and assistant of the conversation."""

    head_id: str | None
    position: int
    open: int
    model: str | None
    system_prompt: str | None
    assistant_id: str | None


def insert(c: Connection, scope: Scope, conversation: Conversation, turns: int) -> None:
    """Begin a conversation that has so many turns. Whoever does, counts it (`conversation_counts`)
    as the last thing of the transaction: everyone who begins one waits for those rows."""
    profile = conversation.profile
    c.do(
        _INSERT,
        account_id=scope.account_id,
        id=conversation.id,
        user_label=conversation.user_label,
        head_id=conversation.head_id,
        message_count=conversation.message_count,
        turn_count=turns,
        now=conversation.created_at,
        title=profile.title,
        description=profile.description,
        model=profile.model,
        system_prompt=profile.system_prompt,
        template=profile.template,
        assistant_id=profile.assistant_id,
        metadata=_write_metadata(profile.metadata),
        number=conversation.number,
        app_id=conversation.app_id,
        visitor=conversation.visitor,
    )


def find(
    c: Connection, scope: Scope, conversation_id: str, user_label: str | None = None
) -> Conversation:
    """A conversation, which must be with a user if one is named."""
    row = c.one(_FIND, account_id=scope.account_id, id=conversation_id)
    if row is None or user_label not in (None, row[1]) or not _lies_in(scope, row[-2:]):
        raise _missing()
    return read_conversation(row)


def of_visitor(c: Connection, scope: Scope) -> str | None:
    """The conversation that an app's visitor has with it."""
    row = c.one(
        _OF_VISITOR, account_id=scope.account_id, app_id=scope.app_id, visitor=scope.visitor
    )
    return row[0] if row else None


def read_conversation(row: Row) -> Conversation:
    title, description, model, system_prompt, template, assistant_id, metadata, number = row[7:15]
    profile = Profile(
        title,
        description,
        model,
        system_prompt,
        template,
        assistant_id,
        json.loads(metadata or "{}"),
    )
    conversation_id, user_label, head_id, message_count, created_at, updated_at, archived_at = row[
        :7
    ]
    return Conversation(
        conversation_id,
        user_label,
        head_id,
        message_count,
        created_at,
        updated_at,
        archived_at,
        profile,
        number,
        *row[15:17],
    )


def join(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    now: int,
    title: str | None = None,
    user_label: str | None = None,
) -> Queue:
    """Count one more turn, which the caller is about to add, and give a conversation that has no
    title this one. It must be with a user if one is named."""
    row = c.one(_JOIN, account_id=scope.account_id, id=conversation_id, now=now, title=title)
    if row is None or user_label not in (None, row[2]) or not _lies_in(scope, row[-2:]):
        raise _missing()
    opened = c.one(_COUNT_OPEN, account_id=scope.account_id, id=conversation_id)
    assert opened is not None
    return Queue(row[0], row[1], opened[0], row[3], row[4], row[5])


def change(
    c: Connection, scope: Scope, conversation: Conversation, profile: Profile, now: int
) -> None:
    """Give a conversation another profile."""
    c.do(
        _CHANGE,
        account_id=scope.account_id,
        id=conversation.id,
        title=profile.title,
        description=profile.description,
        model=profile.model,
        system_prompt=profile.system_prompt,
        template=profile.template,
        metadata=_write_metadata(profile.metadata),
        now=now,
    )


def touch(c: Connection, scope: Scope, conversation_id: str, now: int) -> None:
    """Note that a conversation was changed."""
    c.do(_TOUCH, account_id=scope.account_id, id=conversation_id, now=now)


def archive(
    c: Connection, scope: Scope, conversation: Conversation, archived_at: int | None
) -> None:
    """Put a conversation into the archive, or take it out; `hold` it first."""
    if (conversation.archived_at is None) == (archived_at is None):
        return
    c.do(_ARCHIVE, account_id=scope.account_id, id=conversation.id, archived_at=archived_at)
    conversation_counts.archive(c, scope, conversation, -1 if archived_at is None else 1)


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
    """Point a conversation at a branch. What is on it now has to be made findable, and the rest
    not."""
    c.do(
        _MOVE,
        account_id=scope.account_id,
        id=conversation_id,
        head_id=head_id,
        message_count=message_count,
    )
    note(c, scope, conversation_id)


def open_turns(c: Connection, scope: Scope, conversation_id: str) -> list[str]:
    find(c, scope, conversation_id)
    return [row[0] for row in c.all(_OPEN_TURNS, account_id=scope.account_id, id=conversation_id)]


def delete(c: Connection, scope: Scope, conversation_id: str) -> None:
    hold_idle(c, scope, conversation_id)
    conversation_counts.forget(c, scope, find(c, scope, conversation_id))
    for statement in (
        _DELETE_FEEDBACK,
        _DELETE_EVENTS,
        _DELETE_TURNS,
        _DELETE_MESSAGES,
        _DELETE,
    ):
        c.do(statement, account_id=scope.account_id, id=conversation_id)


def hold_idle(c: Connection, scope: Scope, conversation_id: str) -> None:
    """`hold` a conversation in which no turn waits or runs. Raises `Conflict` for any other."""
    hold(c, scope, conversation_id)
    if open_turns(c, scope, conversation_id):
        raise Conflict("A turn of this conversation still runs. Stop it first, then try again.")


def _lies_in(scope: Scope, its: Row) -> bool:
    return scope.covers(Scope(scope.account_id, *its))


def _write_metadata(metadata: Mapping[str, Any]) -> str | None:
    return json.dumps(metadata, ensure_ascii=False) if metadata else None


def _missing() -> NotFound:
    return NotFound("There is no such conversation.")
