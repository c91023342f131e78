"""Accounts as rows, and behind `core.ports.account_store`."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import text

from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Role, Scope
from parlez.core.ids import new_id
from parlez.core.invitations import refusal
from parlez.core.ports.account_store import Account, FirstAccount, Login
from parlez.core.ports.clock import Clock
from parlez.storage import invitations, numbers
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database
from parlez.storage.erasure import erase

LOCAL = "local"
"""The name of the owner's account as long as nobody has taken it over."""

_COLUMNS = "id, name, role, tier, created_at, disabled_at, password_hash, number"

_OWNER = text("""
    SELECT id, password_hash FROM account WHERE role = 'owner' AND disabled_at IS NULL
    ORDER BY created_at, id LIMIT 1
""")

_OTHER_OWNER = text("""
    SELECT id FROM account WHERE role = 'owner' AND disabled_at IS NULL AND id <> :id LIMIT 1
""")

_INSERT = text("""
    INSERT INTO account (id, name, role, tier, created_at, password_hash)
    VALUES (:id, :name, :role, :tier, :now, :password_hash)
    ON CONFLICT (name) DO NOTHING
""")

_TELL_MORE = text("UPDATE account SET number = :number, email = :email WHERE id = :id")

_ID_OF_NAME = text("SELECT id FROM account WHERE name = :name")

_TAKE = text("""
    UPDATE account SET name = :name, password_hash = :password_hash
    WHERE id = :id AND password_hash IS NULL
""")

_FIND = text(f"SELECT {_COLUMNS} FROM account WHERE id = :id")

_LOGIN = text(f"SELECT {_COLUMNS} FROM account WHERE name = :name AND password_hash IS NOT NULL")

_LIST = text(f"SELECT {_COLUMNS} FROM account ORDER BY created_at, id LIMIT :limit")

_LIST_AFTER = text(f"""
    SELECT {_COLUMNS} FROM account
    WHERE (created_at, id) > (SELECT created_at, id FROM account WHERE id = :after)
    ORDER BY created_at, id LIMIT :limit
""")

_CHANGE = text("""
    UPDATE account SET role = :role, tier = :tier, disabled_at = :disabled_at WHERE id = :id
""")

_SET_PASSWORD = text("UPDATE account SET password_hash = :password_hash WHERE id = :id")

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

    async def take_possession(self, username: str, password_hash: str) -> bool:
        now = self._clock.now()
        return await self._database.write(lambda c: _take(c, username, password_hash, now))

    async def create(self, tier: str) -> str:
        account_id, now = new_id(), self._clock.now()
        await self._database.write(
            lambda c: _insert(c, account_id, account_id, Role.MEMBER, tier, now)
        )
        return account_id

    async def sign_up(
        self,
        username: str,
        password_hash: str,
        tier: str,
        invitation_id: str | None,
        email: str | None = None,
    ) -> Account:
        account = Account(new_id(), username, Role.MEMBER, tier, self._clock.now(), None)
        return await self._database.write(
            lambda c: _sign_up(c, account, password_hash, invitation_id, email)
        )

    async def find(self, scope: Scope) -> Account:
        row = await self._database.read(lambda c: c.one(_FIND, id=scope.account_id))
        if row is None:
            raise NotFound("There is no such account.")
        return _read(row)

    async def login(self, username: str) -> Login | None:
        row = await self._database.read(lambda c: c.one(_LOGIN, name=username))
        return Login(_read(row), row[6]) if row else None

    async def login_of(self, scope: Scope) -> Login | None:
        row = await self._database.read(lambda c: c.one(_FIND, id=scope.account_id))
        return Login(_read(row), row[6]) if row and row[6] else None

    async def list(self, limit: int, after: str | None) -> list[Account]:
        rows = await self._database.read(
            lambda c: (
                c.all(_LIST_AFTER, limit=limit, after=after) if after else c.all(_LIST, limit=limit)
            )
        )
        return [_read(row) for row in rows]

    async def change(self, account: Account) -> None:
        await self._database.write(
            lambda c: c.do(
                _CHANGE,
                id=account.id,
                role=account.role,
                tier=account.tier,
                disabled_at=account.disabled_at,
            )
        )

    async def has_other_owner(self, scope: Scope) -> bool:
        row = await self._database.read(lambda c: c.one(_OTHER_OWNER, id=scope.account_id))
        return row is not None

    async def set_password(self, scope: Scope, password_hash: str) -> None:
        await self._database.write(
            lambda c: c.do(_SET_PASSWORD, id=scope.account_id, password_hash=password_hash)
        )

    async def erase(self, scope: Scope) -> Mapping[str, int]:
        return await erase(self._database, scope)

    async def secret(self, name: str, proposed: str) -> str:
        return await self._database.write(lambda c: _secret(c, name, proposed))


def _first(c: Connection, now: int) -> FirstAccount:
    row = c.one(_OWNER)
    if row is None:
        # Of several who find none at once, one makes it.
        _insert(c, new_id(), LOCAL, Role.OWNER, None, now)
        row = c.one(_OWNER)
        assert row is not None
    return FirstAccount(row[0], has_password=row[1] is not None)


def _take(c: Connection, username: str, password_hash: str, now: int) -> bool:
    first = _first(c, now)
    other = c.one(_ID_OF_NAME, name=username)
    if other is not None and other[0] != first.id:
        raise _taken()
    return c.run(_TAKE, id=first.id, name=username, password_hash=password_hash) > 0


def _sign_up(
    c: Connection,
    account: Account,
    password_hash: str,
    invitation_id: str | None,
    email: str | None,
) -> Account:
    if invitation_id and not invitations.use(c, invitation_id, account.created_at):
        raise refusal()
    name, now = account.username, account.created_at
    assert name is not None
    if not _insert(c, account.id, name, account.role, account.tier, now, password_hash):
        raise _taken()
    number = numbers.take(c, numbers.SERVER, numbers.ACCOUNTS)
    c.do(_TELL_MORE, id=account.id, number=number, email=email)
    return replace(account, number=number)


def _insert(
    c: Connection,
    account_id: str,
    name: str,
    role: Role,
    tier: str | None,
    now: int,
    password_hash: str | None = None,
) -> bool:
    """Add an account; False if its name is another's."""
    added = c.run(
        _INSERT,
        id=account_id,
        name=name,
        role=role,
        tier=tier,
        now=now,
        password_hash=password_hash,
    )
    return added > 0


def _read(row: Row) -> Account:
    username = row[1] if row[6] is not None else None
    return Account(row[0], username, Role(row[2]), row[3], row[4], row[5], row[7])


def _taken() -> Conflict:
    return Conflict("This username is taken.")


def _secret(c: Connection, name: str, proposed: str) -> str:
    c.do(_KEEP_SECRET, name=name, value=proposed)
    row = c.one(_SECRET, name=name)
    assert row is not None
    return str(row[0])
