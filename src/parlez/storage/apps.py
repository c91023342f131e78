"""Apps as rows, and behind `core.ports.app_store`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import text

from parlez.core.apps import App, FoundApp, Terms
from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Role, Scope, Standing
from parlez.core.limits import CallLimit
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_COLUMNS = """
    app.id, app.account_id, app.address, app.name, app.terms, app.created_at, app.updated_at,
    app.paused_at
"""

_COUNT = text("SELECT count(*) FROM app WHERE account_id = :account_id")

_INSERT = text("""
    INSERT INTO app (account_id, id, address, name, terms, paused_at, created_at, updated_at)
    VALUES (:account_id, :id, :address, :name, :terms, :paused_at, :created_at, :updated_at)
""")

_LIST = text(f"""
    SELECT {_COLUMNS} FROM app
    WHERE account_id = :account_id AND (created_at, id) < (:created_at, :id)
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")

_FIND = text(f"SELECT {_COLUMNS} FROM app WHERE account_id = :account_id AND id = :id")

_HOLD = text("UPDATE app SET name = name WHERE account_id = :account_id AND id = :id")

_CHANGE = text("""
    UPDATE app
    SET address = :address, name = :name, terms = :terms, paused_at = :paused_at,
        updated_at = :updated_at
    WHERE account_id = :account_id AND id = :id
""")

_DELETE = text("DELETE FROM app WHERE account_id = :account_id AND id = :id")

# Whose it is, is what is asked.
_AT = text(f"""
    SELECT {_COLUMNS}, account.role, account.tier, account.disabled_at FROM app
    JOIN account ON account.id = app.account_id
    WHERE app.address = :address
""")

_LATEST = 2**62


class SqlAppStore:
    def __init__(self, database: Database):
        self._database = database

    async def create(self, app: App, most: int) -> None:
        await self._database.write(lambda c: _create(c, app, most))

    async def list(
        self, scope: Scope, limit: int, before: str | None
    ) -> tuple[list[App], str | None]:
        return await self._database.read(lambda c: _list(c, scope, limit, before))

    async def find(self, scope: Scope, app_id: str) -> App:
        return await self._database.read(lambda c: _find(c, scope, app_id))

    async def change(self, scope: Scope, app_id: str, change: Callable[[App], App]) -> App:
        return await self._database.write(lambda c: _change(c, scope, app_id, change))

    async def delete(self, scope: Scope, app_id: str) -> None:
        if not await self._database.write(
            lambda c: c.run(_DELETE, account_id=scope.account_id, id=app_id)
        ):
            raise _missing()

    async def at(self, address: str) -> FoundApp | None:
        row = await self._database.read(lambda c: c.one(_AT, address=address))
        if row is None:
            return None
        return FoundApp(_read(row[:-3]), Standing(Role(row[-3]), row[-2], row[-1] is not None))


def _create(c: Connection, app: App, most: int) -> None:
    counted = c.one(_COUNT, account_id=app.account_id)
    assert counted is not None
    if counted[0] >= most:
        raise Conflict(f"An account has at most {most:,} apps. Delete one first.")
    c.do(_INSERT, created_at=app.created_at, **_fields(app))


def _list(
    c: Connection, scope: Scope, limit: int, before: str | None
) -> tuple[list[App], str | None]:
    place = _find(c, scope, before).created_at if before else _LATEST
    rows = c.all(
        _LIST, account_id=scope.account_id, created_at=place, id=before or "", limit=limit + 1
    )
    found = [_read(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


def _find(c: Connection, scope: Scope, app_id: str) -> App:
    row = c.one(_FIND, account_id=scope.account_id, id=app_id)
    if row is None:
        raise _missing()
    return _read(row)


def _change(c: Connection, scope: Scope, app_id: str, change: Callable[[App], App]) -> App:
    if not c.run(_HOLD, account_id=scope.account_id, id=app_id):
        raise _missing()
    changed = change(_find(c, scope, app_id))
    c.do(_CHANGE, **_fields(changed))
    return changed


def _fields(app: App) -> dict[str, Any]:
    return {
        "account_id": app.account_id,
        "id": app.id,
        "address": app.address,
        "name": app.name,
        "terms": json.dumps(asdict(app.terms)),
        "paused_at": app.paused_at,
        "updated_at": app.updated_at,
    }


def _read(row: Row) -> App:
    app_id, account_id, address, name, terms, created_at, updated_at, paused_at = row
    return App(
        app_id, account_id, address, name, _read_terms(terms), created_at, updated_at, paused_at
    )


def _read_terms(written: str) -> Terms:
    """What was not there yet when an app was made is as it is where nothing is said."""
    fields: dict[str, Any] = json.loads(written)
    limits = {
        name: tuple(CallLimit(**each) for each in fields.pop(name, ()))
        for name in ("visitor_limits", "total_limits")
    }
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Terms(**{**fields, **lists, **limits})


def _missing() -> NotFound:
    return NotFound("There is no such app.")
