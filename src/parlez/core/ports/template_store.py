"""Where the templates of accounts live: one method per transaction."""

from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.templates import Template


class TemplateStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing."""

    async def all(self, scope: Scope) -> list[Template]:
        """By name. Their system prompts are left out."""
        ...

    async def find(self, scope: Scope, name: str) -> Template | None: ...

    async def create(self, scope: Scope, template: Template, most: int) -> None:
        """Raises `Conflict` if there is one of that name, or as many as there may be."""
        ...

    async def replace(self, scope: Scope, template: Template) -> bool:
        """Put a template in the place of the one of its name, which keeps its id; False if there
        is none."""
        ...

    async def delete(self, scope: Scope, name: str) -> bool:
        """False if there is none."""
        ...
