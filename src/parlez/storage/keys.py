"""Keys as rows, and behind `core.ports.key_store`."""

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Right, Scope
from parlez.core.keys import ApiKey, KeyKind, StoredKey
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_COLUMNS = """
    api_key.id, account_id, api_key.name, kind, scopes, api_key.created_at, expires_at,
    last_used_at, revoked_at
"""

_INSERT = text("""
    INSERT INTO api_key
        (id, account_id, name, kind, secret_hash, scopes, created_at, expires_at)
    VALUES (:id, :account_id, :name, :kind, :secret_hash, :scopes, :created_at, :expires_at)
""")
_LIST = text(
    f"SELECT {_COLUMNS} FROM api_key WHERE account_id = :account_id ORDER BY api_key.created_at"
)
_ONE = text(f"SELECT {_COLUMNS} FROM api_key WHERE account_id = :account_id AND id = :id")
_REVOKE = text("""
    UPDATE api_key SET revoked_at = :now
    WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL
""")
_FIND = text(f"""
    SELECT {_COLUMNS}, secret_hash, tier FROM api_key
    LEFT JOIN account ON account.id = api_key.account_id
    WHERE api_key.id = :id
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

    async def revoke(self, scope: Scope, key_id: str, now: int) -> ApiKey:
        return await self._database.write(lambda c: _revoke(c, scope, key_id, now))

    async def find(self, key_id: str) -> StoredKey | None:
        row = await self._database.read(lambda c: c.one(_FIND, id=key_id))
        return StoredKey(_read(row), row[9], row[10]) if row else None

    async def touch(self, key_id: str, now: int) -> None:
        await self._database.write(lambda c: c.run(_TOUCH, id=key_id, now=now))


def _create(c: Connection, scope: Scope, key: ApiKey, secret_hash: str) -> None:
    c.run(
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


def _revoke(c: Connection, scope: Scope, key_id: str, now: int) -> ApiKey:
    c.run(_REVOKE, account_id=scope.account_id, id=key_id, now=now)
    row = c.one(_ONE, account_id=scope.account_id, id=key_id)
    if row is None:
        raise NotFound("There is no such key.")
    return _read(row)


def _read(row: Row) -> ApiKey:
    rights = frozenset(Right(right) for right in row[4].split())
    return ApiKey(row[0], row[1], row[2], KeyKind(row[3]), rights, *row[5:9])
