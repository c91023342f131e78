"""The log of what models said, as rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import text

from parlez.core.errors import Conflict
from parlez.core.events import LoggedEvent, Numbered, TextDelta, ToolCalled
from parlez.core.identity import Scope
from parlez.storage.connection import Connection

# The condition is the fence: what has ended, or was deleted, takes no more events.
_APPEND = text("""
    INSERT INTO turn_event (account_id, turn_id, number, characters, type, payload)
    SELECT :account_id, :turn_id, :number, :characters, :type, :payload
    WHERE EXISTS (
        SELECT 1 FROM turn
        WHERE account_id = :account_id AND id = :turn_id AND state = 'running'
    )
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

_LAST = text("""
    SELECT number FROM turn_event
    WHERE account_id = :account_id AND turn_id = :turn_id ORDER BY number DESC LIMIT 1
""")


def append(c: Connection, scope: Scope, turn_id: str, events: Sequence[Numbered]) -> None:
    for numbered in events:
        event = numbered.event
        assert isinstance(event, LoggedEvent)
        added = c.run(
            _APPEND,
            account_id=scope.account_id,
            turn_id=turn_id,
            number=numbered.number,
            characters=numbered.characters,
            type=event.type,
            payload=_encode(event),
        )
        if not added:
            raise Conflict("The turn has ended and takes no more events.", code="turn_ended")


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


def last_number(c: Connection, scope: Scope, turn_id: str) -> int:
    """The number of the last logged event; 1, which the start of a turn has, if there is none."""
    row = c.one(_LAST, account_id=scope.account_id, turn_id=turn_id)
    return row[0] if row else 1


def said(c: Connection, scope: Scope, turn_id: str) -> str:
    """The text of all logged events together."""
    return "".join(row[0] for row in c.all(_SAID, account_id=scope.account_id, turn_id=turn_id))


def _encode(event: LoggedEvent) -> str:
    # Text is by far the most of it, and needs no wrapping.
    return event.text if isinstance(event, TextDelta) else json.dumps(asdict(event))


def _decode(type_: str, payload: str) -> LoggedEvent:
    return TextDelta(payload) if type_ == "text-delta" else ToolCalled(**json.loads(payload))
