"""Keys as rows, and behind `core.ports.key_store`."""

import builtins

from sqlalchemy import text

from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Right, Role, Scope, Standing
from parlez.core.keys import ApiKey, KeyKind, StoredKey
from parlez.storage import budgets
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_COLUMNS = """
    api_key.id, account_id, api_key.name, kind, scopes, api_key.created_at, expires_at,
    last_used_at, revoked_at
"""

_INSERT = text("""
    INSERT INTO api_key
        (id, account_id, name, kind, secret_hash, scopes, created_at, expires_at)
    SELECT :id, id, :name, :kind, :secret_hash, :scopes, :created_at,
        CAST(:expires_at AS BIGINT)
    FROM account
    WHERE id = :account_id
""")
_LIST = text(
    f"SELECT {_COLUMNS} FROM api_key WHERE account_id = :account_id ORDER BY api_key.created_at"
)
_ONE = text(f"SELECT {_COLUMNS} FROM api_key WHERE account_id = :account_id AND id = :id")
_REVOKE = text("""
    UPDATE api_key SET revoked_at = :now
    WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL
""")
_SHORTEN = text("""
    UPDATE api_key
    SET expires_at = CASE WHEN expires_at < :ends_at THEN expires_at ELSE :ends_at END
    WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL
""")
_FIND = text(f"""
    SELECT {_COLUMNS}, secret_hash, role, tier, disabled_at, password_hash FROM api_key
    JOIN account ON account.id = api_key.account_id
    WHERE api_key.id = :id
""")
_DROP_TOKENS = text("""
    DELETE FROM api_key WHERE account_id = :account_id AND id IN (
        SELECT id FROM api_key WHERE account_id = :account_id AND kind = 'token'
        ORDER BY coalesce(last_used_at, created_at) DESC, created_at DESC, id DESC
        LIMIT 1000000 OFFSET :most
    )
    RETURNING id
""")
_DROP_UNUSED_TOKENS = text("""
    DELETE FROM api_key WHERE kind = 'token' AND coalesce(last_used_at, created_at) < :before
    RETURNING id
""")
_TOUCH = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")


class SqlKeyStore:
    def __init__(self, database: Database):
        self._database = database

    async def create(self, scope: Scope, key: ApiKey, secret_hash: str) -> None:
        await self._database.write(lambda c: _create(c, scope, key, secret_hash))

    async def list(self, scope: Scope) -> list[ApiKey]:
        return await self._database.read(
            lambda c: [_read(row) for row in c.all(_LIST, account_id=scope.account_id)]
        )

    async def one(self, scope: Scope, key_id: str) -> ApiKey:
        return await self._database.read(lambda c: _one(c, scope, key_id))

    async def replace(
        self, scope: Scope, key_id: str, new: ApiKey, secret_hash: str, ends_at: int
    ) -> ApiKey:
        return await self._database.write(
            lambda c: _replace(c, scope, key_id, new, secret_hash, ends_at)
        )

    async def revoke(self, scope: Scope, key_id: str, now: int) -> ApiKey:
        return await self._database.write(lambda c: _revoke(c, scope, key_id, now))

    async def find(self, key_id: str) -> StoredKey | None:
        row = await self._database.read(lambda c: c.one(_FIND, id=key_id))
        if row is None:
            return None
        standing = Standing(Role(row[10]), row[11], row[12] is not None)
        return StoredKey(_read(row), row[9], standing, row[13] is not None)

    async def drop_tokens(self, scope: Scope, most: int) -> builtins.list[str]:
        return await self._database.write(
            lambda c: [
                row[0] for row in c.all(_DROP_TOKENS, account_id=scope.account_id, most=most)
            ]
        )

    async def drop_unused_tokens(self, before: int) -> builtins.list[str]:
        return await self._database.write(
            lambda c: [row[0] for row in c.all(_DROP_UNUSED_TOKENS, before=before)]
        )

    async def touch(self, key_id: str, now: int) -> None:
        await self._database.write(lambda c: c.do(_TOUCH, id=key_id, now=now))


def _create(c: Connection, scope: Scope, key: ApiKey, secret_hash: str) -> None:
    created = c.run(
        _INSERT,
        id=key.id,
        account_id=scope.account_id,
        name=key.name,
        kind=key.kind,
        secret_hash=secret_hash,
        scopes=" ".join(sorted(key.rights)),
        created_at=key.created_at,
        expires_at=key.expires_at,
    )
    if not created:
        raise NotFound("There is no such account.")


def _replace(
    c: Connection, scope: Scope, key_id: str, new: ApiKey, secret_hash: str, ends_at: int
) -> ApiKey:
    shortened = c.run(_SHORTEN, account_id=scope.account_id, id=key_id, ends_at=ends_at)
    old = _one(c, scope, key_id)
    if not shortened:
        raise Conflict("This key has ended already. Make a new one.")
    _create(c, scope, new, secret_hash)
    budgets.copy(c, scope, key_id, new.id, new.created_at)
    return old


def _revoke(c: Connection, scope: Scope, key_id: str, now: int) -> ApiKey:
    c.do(_REVOKE, account_id=scope.account_id, id=key_id, now=now)
    return _one(c, scope, key_id)


def _one(c: Connection, scope: Scope, key_id: str) -> ApiKey:
    row = c.one(_ONE, account_id=scope.account_id, id=key_id)
    if row is None:
        raise NotFound("There is no such key.")
    return _read(row)


def _read(row: Row) -> ApiKey:
    rights = frozenset(Right(right) for right in row[4].split())
    return ApiKey(row[0], row[1], row[2], KeyKind(row[3]), rights, *row[5:9])
