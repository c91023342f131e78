"""Calls that are limited, as rows, and behind `core.ports.call_store`."""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.storage.connection import Connection
from parlez.storage.database import Database

_INSERT = text("""
    INSERT INTO metered_call (account_id, subject, created_at, turn_id)
    VALUES (:account_id, :subject, :created_at, :turn_id)
""")

_SINCE = text("""
    SELECT created_at FROM metered_call
    WHERE account_id = :account_id AND subject = :subject AND created_at >= :since
    ORDER BY created_at
""")

_PRUNE = text("DELETE FROM metered_call WHERE created_at < :before")


class SqlCallStore:
    def __init__(self, database: Database):
        self._database = database

    async def since(self, scope: Scope, subject: str, time: int) -> list[int]:
        rows = await self._database.read(
            lambda c: c.all(_SINCE, account_id=scope.account_id, subject=subject, since=time)
        )
        return [row[0] for row in rows]


def insert(c: Connection, scope: Scope, subject: str, turn_id: str, now: int) -> None:
    c.run(
        _INSERT,
        account_id=scope.account_id,
        subject=subject,
        created_at=now,
        turn_id=turn_id,
    )


def prune(c: Connection, before: int) -> None:
    c.run(_PRUNE, before=before)
