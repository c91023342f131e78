"""Templates as rows, and behind `core.ports.template_store`."""

import json

from sqlalchemy import text

from parlez.core.errors import Conflict
from parlez.core.identity import Scope
from parlez.core.ports.clock import Clock
from parlez.core.templates import Template, Variable
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_LIST = text("""
    SELECT name, id, display_name, description, '', variables, example_usage FROM template
    WHERE account_id = :account_id ORDER BY name
""")

_FIND = text("""
    SELECT name, id, display_name, description, system_prompt, variables, example_usage
    FROM template WHERE account_id = :account_id AND name = :name
""")

_COUNT = text("SELECT count(*) FROM template WHERE account_id = :account_id")

_INSERT = text("""
    INSERT INTO template
        (account_id, name, id, display_name, description, system_prompt, variables, example_usage,
         created_at, updated_at)
    VALUES
        (:account_id, :name, :id, :display_name, :description, :system_prompt, :variables,
         :example_usage, :now, :now)
    ON CONFLICT (account_id, name) DO NOTHING
""")

_REPLACE = text("""
    UPDATE template
    SET display_name = :display_name, description = :description, system_prompt = :system_prompt,
        variables = :variables, example_usage = :example_usage, updated_at = :now
    WHERE account_id = :account_id AND name = :name
""")

_DELETE = text("DELETE FROM template WHERE account_id = :account_id AND name = :name")


class SqlTemplateStore:
    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._clock = clock

    async def all(self, scope: Scope) -> list[Template]:
        return await self._database.read(
            lambda c: [_read(row) for row in c.all(_LIST, account_id=scope.account_id)]
        )

    async def find(self, scope: Scope, name: str) -> Template | None:
        row = await self._database.read(
            lambda c: c.one(_FIND, account_id=scope.account_id, name=name)
        )
        return _read(row) if row else None

    async def create(self, scope: Scope, template: Template, most: int) -> None:
        now = self._clock.now()
        await self._database.write(lambda c: _create(c, scope, template, most, now))

    async def replace(self, scope: Scope, template: Template) -> bool:
        now = self._clock.now()
        fields = _fields(template)
        del fields["id"]
        return await self._database.write(
            lambda c: c.run(_REPLACE, account_id=scope.account_id, now=now, **fields) > 0
        )

    async def delete(self, scope: Scope, name: str) -> bool:
        return await self._database.write(
            lambda c: c.run(_DELETE, account_id=scope.account_id, name=name) > 0
        )


def _create(c: Connection, scope: Scope, template: Template, most: int, now: int) -> None:
    counted = c.one(_COUNT, account_id=scope.account_id)
    assert counted is not None
    if counted[0] >= most:
        raise Conflict(f"An account has at most {most:,} templates. Delete one first.")
    if not c.run(_INSERT, account_id=scope.account_id, now=now, **_fields(template)):
        raise Conflict("There is a template of that name. Change that one, or take another name.")


def _fields(template: Template) -> dict[str, str]:
    variables = [[variable.name, variable.default] for variable in template.variables]
    return {
        "name": template.name,
        "id": template.id,
        "display_name": template.display_name,
        "description": template.description,
        "system_prompt": template.system_prompt,
        "variables": json.dumps(variables),
        "example_usage": template.example_usage,
    }


def _read(row: Row) -> Template:
    name, template_id, display_name, description, system_prompt, variables, example_usage = row
    return Template(
        name,
        template_id,
        display_name,
        description,
        system_prompt,
        tuple(Variable(name, default) for name, default in json.loads(variables)),
        example_usage,
    )
