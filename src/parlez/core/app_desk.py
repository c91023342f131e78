"""What accounts do with their apps, and who is at an address."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from parlez.core.access import Access
from parlez.core.apps import App, FoundApp, Terms, new_address
from parlez.core.assistant_desk import AssistantDesk
from parlez.core.errors import InvalidInput
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.library import Library
from parlez.core.limits import Meter
from parlez.core.metering import account_meters
from parlez.core.models import ModelCatalog
from parlez.core.ports.app_store import AppStore
from parlez.core.ports.clock import Clock
from parlez.core.retrieval import Sources
from parlez.core.turn_engine import TurnEngine

MOST_APPS = 1_000
"""Apps of one account."""


class AppDesk:
    """Every change of an app goes through here, and so is known wherever apps are at hand.
    `secret` makes of visitors' addresses what may be stored."""

    def __init__(
        self,
        store: AppStore,
        engine: TurnEngine,
        catalog: ModelCatalog,
        library: Library,
        assistants: AssistantDesk,
        access: Access,
        clock: Clock,
        secret: bytes,
    ):
        self._store = store
        self._engine = engine
        self._catalog = catalog
        self._library = library
        self._assistants = assistants
        self._access = access
        self._clock = clock
        self._secret = secret
        self._apps = access.cache(store.at)

    async def create(self, scope: Scope, name: str, terms: Terms, *, paused: bool = False) -> App:
        """Raises `NotFound` for models, documents and an assistant that are not there,
        `ModelUnavailable`, and `Conflict` for one app too many."""
        self._check_models(terms)
        await self._check_documents(scope, terms)
        if terms.assistant_number is not None:
            terms = replace(terms, **await self._assistant(scope, terms.assistant_number))
        now = self._clock.now()
        app = App(
            new_id(),
            scope.account_id,
            new_address(),
            name,
            terms,
            now,
            now,
            now if paused else None,
        )
        await self._store.create(app, MOST_APPS)
        return app

    async def page(
        self, scope: Scope, limit: int, before: str | None = None
    ) -> tuple[list[App], str | None]:
        """Newest first; see `AppStore.list`."""
        return await self._store.list(scope, limit, before)

    async def find(self, scope: Scope, app_id: str) -> App:
        """Raises `NotFound`."""
        return await self._store.find(scope, app_id)

    async def change(
        self,
        scope: Scope,
        app_id: str,
        changes: Mapping[str, Any],
        *,
        name: str | None = None,
        paused: bool | None = None,
    ) -> App:
        """Set some of an app's terms, by their names; give it another name; pause it, or let it go
        on. Answers that are being made are made to their end. Raises as `create` does, and
        `NotFound`."""
        before = await self._store.find(scope, app_id)
        terms = _with(before.terms, changes)
        if {"models", "default_model"} & set(changes):
            self._check_models(terms)
        if "document_ids" in changes:
            await self._check_documents(scope, terms)
        if "assistant_number" in changes:
            found = await self._assistant(scope, changes["assistant_number"])
            changes = {**changes, **found}
        now = self._clock.now()

        def changed(app: App) -> App:
            paused_at = app.paused_at
            if paused is not None:
                paused_at = (paused_at or now) if paused else None
            return replace(
                app,
                name=name or app.name,
                terms=_with(app.terms, changes),
                paused_at=paused_at,
                updated_at=now,
            )

        return await self._change(scope, app_id, changed)

    async def rotate(self, scope: Scope, app_id: str) -> App:
        """Give an app another address. At the old one there is nothing from now on, and what was
        begun there is stopped. Raises `NotFound`."""
        now = self._clock.now()
        app = await self._change(
            scope, app_id, lambda app: replace(app, address=new_address(), updated_at=now)
        )
        await self._engine.stop_app(scope, app_id)
        return app

    async def delete(self, scope: Scope, app_id: str) -> None:
        """Stop what an app is saying, and remove it. What it has talked about stays with its
        account. Raises `NotFound`."""
        await self._store.delete(scope, app_id)
        self._access.change(scope.account_id)
        await self._engine.stop_app(scope, app_id)

    async def at(self, address: str) -> FoundApp | None:
        """The app of an address."""
        return await self._apps.find(address)

    async def is_open(self, address: str) -> bool:
        """Whether an app talks with anybody at the address where it was found before."""
        found = await self.at(address)
        return found is not None and found.is_open

    def meters(self, found: FoundApp, key_id: str | None, address: str) -> tuple[Meter, ...]:
        """How the turns of a visitor are counted: with their account's, with all of the app, and
        with the visitor's own. Who shows no key is told from others by where the call comes from:
        sessions are made up at will."""
        app, terms = found.app, found.app.terms
        who = key_id or self._pseudonym(app, address)
        of_app = (
            Meter(f"visitor {app.id} {who}", terms.visitor_limits),
            Meter(f"app {app.id}", terms.total_limits),
        )
        limited = (meter for meter in of_app if meter.limits)
        return (*limited, *account_meters(app.account_id, found.standing))

    def _pseudonym(self, app: App, address: str) -> str:
        """Tells addresses from each other, and nobody what they are."""
        return hmac.digest(self._secret, f"{app.id} {address}".encode(), "sha256").hex()[:32]

    async def _change(self, scope: Scope, app_id: str, change: Callable[[App], App]) -> App:
        app = await self._store.change(scope, app_id, change)
        self._access.change(scope.account_id)
        return app

    def _check_models(self, terms: Terms) -> None:
        for name in terms.models:
            self._catalog.resolve(name)
        if terms.default_model not in terms.models:
            raise InvalidInput("default_model: it must be one of the app's models.")

    async def _check_documents(self, scope: Scope, terms: Terms) -> None:
        await self._library.require(scope, Sources(terms.document_ids))

    async def _assistant(self, scope: Scope, number: int | None) -> dict[str, Any]:
        """What the terms say of an assistant, or of none."""
        found = await self._assistants.find(scope, number) if number is not None else None
        return {"assistant_number": number, "assistant_id": found.id if found else None}


def _with(terms: Terms, changes: Mapping[str, Any]) -> Terms:
    """Terms that were changed. A default that is no model of the app's any more, and was not
    named, gives way to the first that is."""
    changed = replace(terms, **changes)
    if "default_model" not in changes and changed.default_model not in changed.models:
        return replace(changed, default_model=changed.models[0])
    return changed
