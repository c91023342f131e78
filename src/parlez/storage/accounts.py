"""Accounts as rows, and behind `core.ports.account_store`."""

from sqlalchemy import text

from parlez.core.ids import new_id
from parlez.core.ports.account_store import FirstAccount
from parlez.core.ports.clock import Clock
from parlez.storage.connection import Connection
from parlez.storage.database import Database

LOCAL = "local"
"""The name of the owner's account as long as nobody has taken it over."""

_OWNER = text("""
    SELECT id, password_hash FROM account WHERE role = 'owner' ORDER BY created_at LIMIT 1
""")

_INSERT = text("""
    INSERT INTO account (id, name, role, tier, created_at)
    VALUES (:id, :name, :role, :tier, :now)
""")

_TAKE = text("""
    UPDATE account SET name = :name, password_hash = :password_hash
    WHERE id = :id AND password_hash IS NULL
""")

_KEEP_SECRET = text("""
    INSERT INTO server_secret (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING
""")

_SECRET = text("SELECT value FROM server_secret WHERE name = :name")


class SqlAccountStore:
    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._clock = clock

    async def first(self) -> FirstAccount:
        now = self._clock.now()
        return await self._database.write(lambda c: _first(c, now))

    async def take_possession(self, name: str, password_hash: str) -> bool:
        now = self._clock.now()
        taken = await self._database.write(
            lambda c: c.run(_TAKE, id=_first(c, now).id, name=name, password_hash=password_hash)
        )
        return bool(taken)

    async def create(self, tier: str) -> str:
        account_id, now = new_id(), self._clock.now()
        await self._database.write(
            lambda c: c.run(
                _INSERT, id=account_id, name=account_id, role="member", tier=tier, now=now
            )
        )
        return account_id

    async def secret(self, name: str, proposed: str) -> str:
        return await self._database.write(lambda c: _secret(c, name, proposed))


def _first(c: Connection, now: int) -> FirstAccount:
    row = c.one(_OWNER)
    if row is None:
        account_id = new_id()
        c.run(_INSERT, id=account_id, name=LOCAL, role="owner", tier=None, now=now)
        return FirstAccount(account_id, has_password=False)
    return FirstAccount(row[0], has_password=row[1] is not None)


def _secret(c: Connection, name: str, proposed: str) -> str:
    c.run(_KEEP_SECRET, name=name, value=proposed)
    row = c.one(_SECRET, name=name)
    assert row is not None
    return str(row[0])
