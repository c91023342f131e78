"""Invitations as rows, and behind `core.ports.invitation_store`."""

from sqlalchemy import text

from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ports.invitation_store import Invitation
from parlez.storage.connection import Connection
from parlez.storage.database import Database

_COLUMNS = "id, name, created_at, expires_at, used_at, revoked_at"

_INSERT = text("""
    INSERT INTO invitation (id, account_id, name, code_hash, created_at, expires_at)
    SELECT :id, id, :name, :code_hash, :created_at, :expires_at FROM account WHERE id = :account_id
""")

_LIST = text(f"""
    SELECT {_COLUMNS} FROM invitation WHERE account_id = :account_id
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")

_LIST_BEFORE = text(f"""
    SELECT {_COLUMNS} FROM invitation
    WHERE account_id = :account_id AND (created_at, id) < (
        SELECT created_at, id FROM invitation WHERE account_id = :account_id AND id = :before
    )
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")

_ONE = text(f"SELECT {_COLUMNS} FROM invitation WHERE account_id = :account_id AND id = :id")

_REVOKE = text("""
    UPDATE invitation SET revoked_at = :now
    WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL AND used_at IS NULL
""")

# One of an owner who is none any more opens nothing.
_IS_OPEN = """
    id = :id AND used_at IS NULL AND revoked_at IS NULL AND expires_at > :now
    AND account_id IN (SELECT id FROM account WHERE role = 'owner' AND disabled_at IS NULL)
"""

_OPEN_HASH = text(f"SELECT code_hash FROM invitation WHERE {_IS_OPEN}")

_USE = text(f"UPDATE invitation SET used_at = :now WHERE {_IS_OPEN}")

_PRUNE = text("DELETE FROM invitation WHERE expires_at < :before")


class SqlInvitationStore:
    def __init__(self, database: Database):
        self._database = database

    async def create(self, scope: Scope, invitation: Invitation, code_hash: str) -> None:
        created = await self._database.write(
            lambda c: c.run(
                _INSERT,
                id=invitation.id,
                account_id=scope.account_id,
                name=invitation.name,
                code_hash=code_hash,
                created_at=invitation.created_at,
                expires_at=invitation.expires_at,
            )
        )
        if not created:
            raise NotFound("There is no such account.")

    async def list(self, scope: Scope, limit: int, before: str | None) -> list[Invitation]:
        asked = {"account_id": scope.account_id, "limit": limit}
        rows = await self._database.read(
            lambda c: (
                c.all(_LIST_BEFORE, **asked, before=before) if before else c.all(_LIST, **asked)
            )
        )
        return [Invitation(*row) for row in rows]

    async def revoke(self, scope: Scope, invitation_id: str, now: int) -> Invitation:
        return await self._database.write(lambda c: _revoke(c, scope, invitation_id, now))

    async def open_hash(self, invitation_id: str, now: int) -> str | None:
        row = await self._database.read(lambda c: c.one(_OPEN_HASH, id=invitation_id, now=now))
        return row[0] if row else None

    async def prune(self, expired_before: int) -> None:
        await self._database.write(lambda c: c.do(_PRUNE, before=expired_before))


def use(c: Connection, invitation_id: str, now: int) -> bool:
    """Use up an invitation; False if it is not open."""
    return c.run(_USE, id=invitation_id, now=now) > 0


def _revoke(c: Connection, scope: Scope, invitation_id: str, now: int) -> Invitation:
    c.do(_REVOKE, account_id=scope.account_id, id=invitation_id, now=now)
    row = c.one(_ONE, account_id=scope.account_id, id=invitation_id)
    if row is None:
        raise NotFound("There is no such invitation.")
    return Invitation(*row)
