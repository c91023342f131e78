"""Sessions as rows, and behind `core.ports.session_store`."""

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Role, Scope, Standing
from parlez.core.sessions import Session, StoredSession
from parlez.storage.connection import Connection
from parlez.storage.database import Database

_INSERT = text("""
    INSERT INTO session (id, account_id, secret_hash, created_at, last_used_at, expires_at)
    SELECT :id, id, :secret_hash, :created_at, :last_used_at, :expires_at FROM account
    WHERE id = :account_id
""")

_TRIM = text("""
    DELETE FROM session WHERE account_id = :account_id AND id NOT IN (
        SELECT id FROM session WHERE account_id = :account_id
        ORDER BY last_used_at DESC, id LIMIT :most
    )
    RETURNING id
""")

_FIND = text("""
    SELECT session.id, account_id, session.created_at, last_used_at, expires_at, secret_hash,
        role, tier, disabled_at
    FROM session JOIN account ON account.id = session.account_id
    WHERE session.id = :id
""")

_TOUCH = text("""
    UPDATE session SET last_used_at = :now, expires_at = :expires_at WHERE id = :id
""")

_DELETE = text("DELETE FROM session WHERE account_id = :account_id AND id = :id")

_DELETE_OTHERS = text("""
    DELETE FROM session WHERE account_id = :account_id AND id <> :id RETURNING id
""")

_PRUNE = text("DELETE FROM session WHERE expires_at <= :now")


class SqlSessionStore:
    def __init__(self, database: Database):
        self._database = database

    async def create(
        self, scope: Scope, session: Session, secret_hash: str, most: int
    ) -> list[str]:
        return await self._database.write(lambda c: _create(c, scope, session, secret_hash, most))

    async def find(self, session_id: str) -> StoredSession | None:
        row = await self._database.read(lambda c: c.one(_FIND, id=session_id))
        if row is None:
            return None
        standing = Standing(Role(row[6]), row[7], row[8] is not None)
        return StoredSession(Session(*row[:5]), row[5], standing)

    async def touch(self, session_id: str, now: int, expires_at: int) -> None:
        await self._database.write(
            lambda c: c.do(_TOUCH, id=session_id, now=now, expires_at=expires_at)
        )

    async def delete(self, scope: Scope, session_id: str) -> None:
        await self._database.write(
            lambda c: c.do(_DELETE, account_id=scope.account_id, id=session_id)
        )

    async def delete_others(self, scope: Scope, session_id: str | None) -> list[str]:
        rows = await self._database.write(
            lambda c: c.all(_DELETE_OTHERS, account_id=scope.account_id, id=session_id or "")
        )
        return [row[0] for row in rows]

    async def prune(self, now: int) -> None:
        await self._database.write(lambda c: c.do(_PRUNE, now=now))


def _create(
    c: Connection, scope: Scope, session: Session, secret_hash: str, most: int
) -> list[str]:
    created = c.run(
        _INSERT,
        id=session.id,
        account_id=scope.account_id,
        secret_hash=secret_hash,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
    )
    if not created:
        raise NotFound("There is no such account.")
    return [row[0] for row in c.all(_TRIM, account_id=scope.account_id, most=most)]
