"""Idempotency keys as rows."""

from sqlalchemy import text

from parlez.core.errors import IdempotencyMismatch
from parlez.core.identity import Scope
from parlez.core.turns import IdempotencyKey
from parlez.storage.connection import Connection

# A key that is there is changed to what it is, which returns it and holds it: of two requests that
# find a failed turn the second sees the attempt that the first began.
_CLAIM = text("""
    INSERT INTO idempotency_key (account_id, route, key, fingerprint, turn_id, created_at)
    VALUES (:account_id, :route, :key, :fingerprint, :turn_id, :created_at)
    ON CONFLICT (account_id, route, key) DO UPDATE SET fingerprint = idempotency_key.fingerprint
    RETURNING fingerprint, turn_id
""")

_RENAME = text("""
    UPDATE idempotency_key SET turn_id = :turn_id
    WHERE account_id = :account_id AND route = :route AND key = :key
""")

_PRUNE = text("DELETE FROM idempotency_key WHERE created_at < :before")


def claim(c: Connection, scope: Scope, key: IdempotencyKey, turn_id: str, now: int) -> str | None:
    """Let a new key name a turn; for a known key, the id of the turn that it names already.

    Raises `IdempotencyMismatch` if that was asked for with another request.
    """
    row = c.one(
        _CLAIM,
        account_id=scope.account_id,
        route=_route(scope, key),
        key=key.key,
        fingerprint=key.fingerprint,
        turn_id=turn_id,
        created_at=now,
    )
    assert row is not None
    if row[1] == turn_id:
        return None
    if row[0] != key.fingerprint:
        raise IdempotencyMismatch(
            "This Idempotency-Key was sent before with another request. Use a new key for a new "
            "request, and the same body for the same key."
        )
    return str(row[1])


def rename(c: Connection, scope: Scope, key: IdempotencyKey, turn_id: str) -> None:
    """Let a known key name another turn."""
    c.do(
        _RENAME,
        account_id=scope.account_id,
        route=_route(scope, key),
        key=key.key,
        turn_id=turn_id,
    )


def prune(c: Connection, before: int) -> None:
    c.do(_PRUNE, before=before)


def _route(scope: Scope, key: IdempotencyKey) -> str:
    """A visitor's keys are nobody else's."""
    return f"{key.route} {scope.app_id} {scope.visitor}" if scope.app_id else key.route
