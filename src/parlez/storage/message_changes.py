"""What has changed in conversations since the indexer looked at them, and making it findable.

The database itself notes what has changed (see the migration), and drops the pieces of messages
that are deleted. The queries that look for work see all accounts; nothing of them reaches a caller.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ports.message_index import Changed, Span
from parlez.storage import conversations, messages
from parlez.storage.connection import Connection
from parlez.storage.message_notes import WHOLE, note

MOST_PIECES = 8
"""Pieces that one transaction stores: others want to write in between."""

MOST_ALONE = 20
"""Changed messages from which on a conversation is looked at as a whole."""

_NEXT_ACCOUNT = text("SELECT min(account_id) FROM message_change WHERE account_id > :after")

_CHANGED = text("""
    SELECT DISTINCT conversation_id FROM message_change WHERE account_id = :account_id
    ORDER BY conversation_id DESC LIMIT :limit
""")

_TEXTS = text("""
    SELECT message.id, message.content FROM message_change AS change JOIN message
        ON message.account_id = change.account_id AND message.id = change.message_id
    WHERE change.account_id = :account_id AND change.conversation_id = :conversation_id
        AND NOT EXISTS (
            SELECT 1 FROM message_piece AS piece
            WHERE piece.account_id = message.account_id AND piece.message_id = message.id
                AND piece.place = piece.last_place
        )
    LIMIT :limit
""")

_NOTED = text("""
    SELECT message_id FROM message_change
    WHERE account_id = :account_id AND conversation_id = :conversation_id LIMIT :limit
""")

_DONE = text("""
    DELETE FROM message_change WHERE account_id = :account_id
        AND conversation_id = :conversation_id AND message_id = :message_id
""")

_ALL_DONE = text("""
    DELETE FROM message_change
    WHERE account_id = :account_id AND conversation_id = :conversation_id
""")

_WAITING = text("SELECT count(*) FROM message_change")

_HAS = text("""
    SELECT count(*), min(last_place) FROM message_piece
    WHERE account_id = :account_id AND message_id = :message_id
""")

_WHOLLY_INDEXED = text("""
    SELECT message_id FROM message_piece
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND place = last_place
""")

_OF_CONVERSATION = text("""
    SELECT DISTINCT message_id FROM message_piece
    WHERE account_id = :account_id AND conversation_id = :conversation_id
""")

_FORGET = text("""
    DELETE FROM message_piece WHERE account_id = :account_id AND message_id = :message_id
""")

_LAST_SERIAL = text("""
    SELECT max(serial) FROM (
        SELECT max(serial) AS serial FROM message_piece
        UNION ALL SELECT max(serial) FROM message_embedding
    ) AS known
""")

_INSERT = text("""
    INSERT INTO message_piece
        (account_id, message_id, place, last_place, serial, conversation_id, user_label, role,
         start, length)
    SELECT message.account_id, message.id, :place, :last_place, :serial, conversation.id,
        coalesce(conversation.user_label, ''), message.role, :start, :length
    FROM message JOIN conversation ON conversation.account_id = message.account_id
        AND conversation.id = message.conversation_id
    WHERE message.account_id = :account_id AND message.id = :message_id
""")


def changed(c: Connection, after: str, limit: int) -> list[Changed]:
    row = c.one(_NEXT_ACCOUNT, after=after)
    if row is None or row[0] is None:
        row = c.one(_NEXT_ACCOUNT, after="")
    if row is None or row[0] is None:
        return []
    scope = Scope(row[0])
    return [
        Changed(scope, found[0], _texts(c, scope, found[0]))
        for found in c.all(_CHANGED, account_id=scope.account_id, limit=limit)
    ]


def waiting(c: Connection) -> int:
    row = c.one(_WAITING)
    return row[0] if row else 0


def last_serial(c: Connection) -> int:
    """The greatest serial that a piece is known to have had."""
    row = c.one(_LAST_SERIAL)
    return (row[0] or 0) if row else 0


def index(
    c: Connection, changed: Changed, spans: Mapping[str, Sequence[Span]], last_serial: int
) -> int:
    """Do what a moment suffices for; the last serial that was given."""
    scope, conversation_id = changed.scope, changed.conversation_id
    try:
        # From here on its head stays where it is.
        conversations.hold(c, scope, conversation_id)
    except NotFound:
        c.do(_ALL_DONE, account_id=scope.account_id, conversation_id=conversation_id)
        return last_serial
    here = {"account_id": scope.account_id, "conversation_id": conversation_id}
    noted = {row[0] for row in c.all(_NOTED, **here, limit=MOST_ALONE + 1)}
    if WHOLE in noted or len(noted) > MOST_ALONE:
        _compare(c, scope, conversation_id)
        noted = {row[0] for row in c.all(_NOTED, **here, limit=MOST_ALONE)}
    room = MOST_PIECES
    head = conversations.head(c, scope, conversation_id)
    for message_id in sorted(noted):
        if head is None or messages.place(c, scope, head, message_id) is None:
            c.do(_FORGET, account_id=scope.account_id, message_id=message_id)
            c.do(_DONE, **here, message_id=message_id)
            continue
        given, is_done = _add(c, scope, message_id, spans.get(message_id), last_serial, room)
        room -= given - last_serial
        last_serial = given
        if is_done:
            c.do(_DONE, **here, message_id=message_id)
        if room <= 0:
            break
    return last_serial


def _compare(c: Connection, scope: Scope, conversation_id: str) -> None:
    """Forget what has left the head branch, and note what is on it and not indexed yet, and nothing
    else."""
    here = {"account_id": scope.account_id, "conversation_id": conversation_id}
    head = conversations.head(c, scope, conversation_id)
    branch = set(messages.said(c, scope, head)) if head else set()
    for (message_id,) in c.all(_OF_CONVERSATION, **here):
        if message_id not in branch:
            c.do(_FORGET, account_id=scope.account_id, message_id=message_id)
    indexed = {row[0] for row in c.all(_WHOLLY_INDEXED, **here)}
    c.do(_ALL_DONE, **here)
    for message_id in branch - indexed:
        note(c, scope, conversation_id, message_id)


def _add(
    c: Connection,
    scope: Scope,
    message_id: str,
    spans: Sequence[Span] | None,
    last_serial: int,
    room: int,
) -> tuple[int, bool]:
    """Store some of a message's pieces: the last serial that was given, and whether all are there
    now. Without its spans nothing can be done but to see that it needs none."""
    row = c.one(_HAS, account_id=scope.account_id, message_id=message_id)
    assert row is not None
    has, last_place = row
    if has and has == last_place + 1:
        return last_serial, True
    if spans is None:
        return last_serial, False
    some = spans[has : has + room]
    for place, span in enumerate(some, has):
        last_serial += 1
        c.do(
            _INSERT,
            account_id=scope.account_id,
            message_id=message_id,
            place=place,
            last_place=len(spans) - 1,
            serial=last_serial,
            start=span.start,
            length=span.end - span.start,
        )
    return last_serial, has + len(some) == len(spans)


def _texts(c: Connection, scope: Scope, conversation_id: str) -> dict[str, str]:
    rows = c.all(
        _TEXTS,
        account_id=scope.account_id,
        conversation_id=conversation_id,
        limit=MOST_PIECES,
    )
    return {row[0]: row[1] for row in rows}
