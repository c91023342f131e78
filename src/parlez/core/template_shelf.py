"""The templates that an account can use: those that come with Parlez, and its own."""

from collections.abc import Iterable, Mapping

from parlez.core.errors import Conflict, Forbidden, NotFound
from parlez.core.identity import Scope
from parlez.core.ports.template_store import TemplateStore
from parlez.core.templates import Template

MOST_TEMPLATES = 1_000
"""Templates of one account."""


class TemplateShelf:
    def __init__(self, store: TemplateStore, built_in: Iterable[Template]):
        self._store = store
        self._built_in = {template.name: template for template in built_in}

    async def all(self, scope: Scope) -> list[Template]:
        """Those that come with Parlez first; the system prompts of the account's own are left
        out."""
        return [*self._built_in.values(), *await self._store.all(scope)]

    async def find(self, scope: Scope, name: str) -> Template:
        """Raises `NotFound`."""
        template = self._built_in.get(name) or await self._store.find(scope, name)
        if template is None:
            raise _missing()
        return template

    async def render(self, scope: Scope, name: str, values: Mapping[str, str]) -> str:
        """The system prompt that a template makes. Raises `NotFound`, `InvalidInput`."""
        return (await self.find(scope, name)).render(values)

    async def create(self, scope: Scope, template: Template) -> None:
        """Raises `Conflict` for a name that is taken, and for one template too many."""
        if template.name in self._built_in:
            raise Conflict("There is a template of that name, which comes with Parlez.")
        await self._store.create(scope, template, MOST_TEMPLATES)

    async def replace(self, scope: Scope, template: Template) -> Template:
        """Change a template of the account. Conversations keep what it made before. Raises
        `NotFound`, and `Forbidden` for one that comes with Parlez."""
        self._require_own(template.name)
        if not await self._store.replace(scope, template):
            raise _missing()
        return await self.find(scope, template.name)

    async def delete(self, scope: Scope, name: str) -> None:
        """Raises `NotFound`, and `Forbidden` for a template that comes with Parlez."""
        self._require_own(name)
        if not await self._store.delete(scope, name):
            raise _missing()

    def _require_own(self, name: str) -> None:
        if name in self._built_in:
            raise Forbidden("The templates that come with Parlez cannot be changed.")


def _missing() -> NotFound:
    return NotFound("There is no such template.")
