"""Where apps live: one method per transaction."""

from collections.abc import Callable
from typing import Protocol

from parlez.core.apps import App, FoundApp
from parlez.core.identity import Scope


class AppStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing."""

    async def create(self, app: App, most: int) -> None:
        """Raises `Conflict` if its account has as many as it may."""
        ...

    async def list(
        self, scope: Scope, limit: int, before: str | None
    ) -> tuple[list[App], str | None]:
        """Newest first, those before one by its id if it is given; and the id to ask with for the
        next ones, None if there are none. Raises `NotFound`."""
        ...

    async def find(self, scope: Scope, app_id: str) -> App:
        """Raises `NotFound`."""
        ...

    async def change(self, scope: Scope, app_id: str, change: Callable[[App], App]) -> App:
        """Put what `change` makes of an app in its place. Raises `NotFound`."""
        ...

    async def delete(self, scope: Scope, app_id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def at(self, address: str) -> FoundApp | None:
        """The app of an address, whosever it is."""
        ...
