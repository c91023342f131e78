"""Deleting everything of an account, from whichever tables there are."""

from collections.abc import Mapping

from sqlalchemy import Table, TextClause, text

from parlez.core.identity import Scope
from parlez.storage.connection import Connection
from parlez.storage.database import Database
from parlez.storage.tables import account, metadata

AT_ONCE = 500
"""Rows deleted in one transaction: others want to write in between."""

# What lets its owner in goes last, so that whoever is interrupted can do it again.
_LAST = ("session", "api_key")

# What the database itself deletes with the messages is deleted before them, so that it is told of.
_FIRST = ("message_vector", "message_piece")


def tables() -> list[Table]:
    """All tables with rows of accounts, in the order in which they are emptied."""
    owned = [table for table in metadata.sorted_tables if "account_id" in table.columns]
    return sorted(owned, key=lambda table: _turn(table.name))


def _turn(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return _FIRST.index(name), name
    return len(_FIRST) + (name in _LAST), name


def _delete_some(table: Table) -> TextClause:
    key = ", ".join(column.name for column in table.primary_key)
    return text(f"""
        DELETE FROM {table.name} WHERE ({key}) IN (
            SELECT {key} FROM {table.name} WHERE account_id = :account_id LIMIT :most
        )
    """)


_DELETE_SOME = {table.name: _delete_some(table) for table in tables()}
_DELETE_ACCOUNT = text(f"DELETE FROM {account.name} WHERE id = :account_id")


async def erase(database: Database, scope: Scope) -> Mapping[str, int]:
    """Delete all rows of an account, and then itself; how many there were, by their tables."""
    erased = {name: await _empty(database, scope, name) for name in _DELETE_SOME}
    erased[account.name] = await database.write(
        lambda c: c.run(_DELETE_ACCOUNT, account_id=scope.account_id)
    )
    return {name: count for name, count in erased.items() if count}


async def _empty(database: Database, scope: Scope, name: str) -> int:
    statement = _DELETE_SOME[name]

    def delete_some(c: Connection) -> int:
        return c.run(statement, account_id=scope.account_id, most=AT_ONCE)

    total = deleted = await database.write(delete_some)
    while deleted == AT_ONCE:
        deleted = await database.write(delete_some)
        total += deleted
    return total
