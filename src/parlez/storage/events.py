"""The log of what models said, as rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    bindparam,
    cast,
    insert,
    literal_column,
    select,
    text,
)

from parlez.core.errors import Conflict
from parlez.core.events import LoggedEvent, Numbered, TextDelta, ToolCalled
from parlez.core.identity import Scope
from parlez.core.turns import Turn
from parlez.storage import tables
from parlez.storage.connection import Connection

_TURN = tables.turn

# What has ended, or was deleted, takes no more events; what is held cannot end meanwhile. The lock
# is for PostgreSQL: SQLite has one writer, and leaves the clause out.
_APPEND_FIRST = insert(tables.turn_event).from_select(
    ["account_id", "turn_id", "number", "characters", "type", "payload"],
    select(
        _TURN.c.account_id,
        _TURN.c.id,
        cast(bindparam("number"), Integer),
        cast(bindparam("characters"), Integer),
        cast(bindparam("type"), Text),
        cast(bindparam("payload"), Text),
    )
    .where(
        _TURN.c.account_id == bindparam("account_id"),
        _TURN.c.id == bindparam("turn_id"),
        _TURN.c.state == literal_column("'running'"),
    )
    .with_for_update(),
)

_APPEND = text("""
    INSERT INTO turn_event (account_id, turn_id, number, characters, type, payload)
    VALUES (:account_id, :turn_id, :number, :characters, :type, :payload)
""")

MOST_CHARACTERS = 64 * 1024
"""Text that is read at once, beyond the first event of it: whoever reads slowly holds on to it."""

_AFTER = text("""
    SELECT number, characters, type, payload FROM turn_event
    WHERE account_id = :account_id AND turn_id = :turn_id AND number > :after
        AND characters <= :most + (
            SELECT first.characters FROM turn_event AS first
            WHERE first.account_id = :account_id AND first.turn_id = :turn_id
                AND first.number > :after
            ORDER BY first.number LIMIT 1
        )
    ORDER BY number LIMIT :limit
""")

_SAID = text("""
    SELECT payload FROM turn_event
    WHERE account_id = :account_id AND turn_id = :turn_id AND type = 'text-delta'
    ORDER BY number
""")

_CALLED = text("""
    SELECT payload FROM turn_event
    WHERE account_id = :account_id AND turn_id = :turn_id AND type = 'tool-called'
    ORDER BY number
""")

_LAST = text("""
    SELECT number, characters FROM turn_event
    WHERE account_id = :account_id AND turn_id = :turn_id ORDER BY number DESC LIMIT 1
""")


def append(c: Connection, turn: Turn, events: Sequence[Numbered]) -> None:
    """Add at least one event. Raises `Conflict` if the turn takes no more."""
    if c.is_again and last(c, turn.scope, turn.id)[0] >= events[-1].number:
        return
    first, *others = (_row(turn, numbered) for numbered in events)
    if not c.run(_APPEND_FIRST, **first):
        raise Conflict("The turn has ended and takes no more events.", code="turn_ended")
    for row in others:
        c.do(_APPEND, **row)


def _row(turn: Turn, numbered: Numbered) -> dict[str, Any]:
    event = numbered.event
    assert isinstance(event, LoggedEvent)
    return {
        "account_id": turn.scope.account_id,
        "turn_id": turn.id,
        "number": numbered.number,
        "characters": numbered.characters,
        "type": event.type,
        "payload": _encode(event),
    }


def after(c: Connection, scope: Scope, turn_id: str, number: int, limit: int) -> list[Numbered]:
    """The next events, at most so many, and only as much text as is read at once."""
    rows = c.all(
        _AFTER,
        account_id=scope.account_id,
        turn_id=turn_id,
        after=number,
        limit=limit,
        most=MOST_CHARACTERS,
    )
    return [Numbered(row[0], row[1], _decode(row[2], row[3])) for row in rows]


def last(c: Connection, scope: Scope, turn_id: str) -> tuple[int, int]:
    """The number of the last logged event, and the characters up to there; those of a turn's start
    if there is none."""
    row = c.one(_LAST, account_id=scope.account_id, turn_id=turn_id)
    return (row[0], row[1]) if row else (1, 0)


def said(c: Connection, scope: Scope, turn_id: str) -> str:
    """The text of all logged events together."""
    return "".join(row[0] for row in c.all(_SAID, account_id=scope.account_id, turn_id=turn_id))


def called(c: Connection, scope: Scope, turn_id: str) -> tuple[ToolCalled, ...]:
    """The tools of all logged events."""
    rows = c.all(_CALLED, account_id=scope.account_id, turn_id=turn_id)
    return tuple(ToolCalled(**json.loads(row[0])) for row in rows)


def _encode(event: LoggedEvent) -> str:
    # Text is by far the most of it, and needs no wrapping.
    return event.text if isinstance(event, TextDelta) else json.dumps(asdict(event))


def _decode(type_: str, payload: str) -> LoggedEvent:
    return TextDelta(payload) if type_ == "text-delta" else ToolCalled(**json.loads(payload))
