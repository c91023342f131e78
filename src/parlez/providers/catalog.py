"""Which models there are, and who answers for each."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import aiohttp

from parlez.core.errors import ModelUnavailable, NotFound
from parlez.core.models import Model
from parlez.core.ports.chat_model import ChatModel
from parlez.providers.breaker import Breaker, State
from parlez.providers.embedded import EMBEDDED_NAME, embedded_model, local_vendor
from parlez.providers.embedding_prices import EMBEDDING_PRICES
from parlez.providers.guarded_chat import GuardedChat
from parlez.providers.local.chat import LocalChat
from parlez.providers.local.process import LocalProcess
from parlez.providers.local.settings import LocalSettings
from parlez.providers.local.weights import missing_part
from parlez.providers.offers import Offer, make_offers
from parlez.providers.openai_embeddings import OpenAIEmbedder
from parlez.providers.row_files import BadRows, Rows, read_rows
from parlez.providers.variables import Variables
from parlez.providers.wire_formats import new_chat

_MOST_CONNECTIONS = 10_000
"""To models, all vendors together: turns beyond it wait for one."""

REFERENCE_NAMES = frozenset(
    {
        "gpt-4o",
        "gpt-4",
        "gpt-3.5-turbo",
        "claude-3-opus",
        "ernie-3.0-bot",
        "llama-3.3-70b",
    }
)
"""Names that clients of the reference APIs ask for, whoever may answer."""


class Catalog:
    """Implements `core.models.ModelCatalog`. It owns the connections to vendors and the embedded
    model's process, both made on first use within the running event loop, and ended by `close`.

    `rows` are those that come with Parlez unless others are given, `variables` what vendors are set
    up with. An empty `default_model` counts as none. `fallback` is for the models whose rows name
    none of their own. `now` tells the time in seconds to the breakers.

    Raises `BadRows` and `MixedSources`.
    """

    def __init__(
        self,
        *,
        rows: Rows | None = None,
        variables: Variables | None = None,
        default_model: str | None = None,
        fallback: Sequence[str] = (),
        local: LocalSettings | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        rows = rows or read_rows()
        local = local or LocalSettings()
        self._default_name = default_model or None
        self._http: aiohttp.ClientSession | None = None
        self._now = now
        self._offers = make_offers(rows, variables or Variables())
        vendors = {
            offer.vendor.name: offer.vendor for offer in self._offers.values() if offer.vendor
        }
        self._breakers = {name: Breaker(now) for name in vendors}
        self._vendor_names = {vendor.name: vendor.display_name for vendor in vendors.values()}
        self._has_vendor = bool(vendors)
        self._embedded = embedded_model(local, missing_part(local))
        models = [offer.model for offer in self._offers.values()]
        self._models = {model.name: model for model in (*models, self._embedded)}
        self._add_fallbacks(fallback)
        self._vendor_defaults = [
            row.default_model for row in rows.vendors.values() if row.default_model
        ]
        self._process = LocalProcess(local, EMBEDDED_NAME)
        self._local = LocalChat(self._process, local_vendor(), self._session)
        self._chats: dict[str, ChatModel] = {}

    def list(self) -> list[Model]:
        """Every known model, usable or not."""
        return [*self._models.values()]

    def resolve(self, name: str | None) -> Model:
        """The model of that name, or the default for None or an empty name.

        Where no vendor is set up, the embedded model answers for the names of the reference APIs.
        Where the model cannot be used, the first of its fallback list that can answers.
        Raises `NotFound`, naming the known models, or `ModelUnavailable` with the way to enable it.
        """
        model = self._find(name or self._default_name)
        if model.unavailable is None:
            return model
        if model.fallback:
            return self._models[model.fallback[0]]
        if model is self._embedded and not self._has_vendor:
            raise ModelUnavailable(
                f"No model can be used. {model.unavailable} Or set OPENAI_API_KEY."
            )
        raise ModelUnavailable(f"{model.display_name} cannot be used. {model.unavailable}")

    def chat_model(self, model: Model) -> ChatModel:
        """Whoever answers for a model that `resolve` gave."""
        if model.name == self._embedded.name:
            return self._local
        if model.name not in self._chats:
            self._chats[model.name] = self._new_chat(self._offers[model.name])
        return self._chats[model.name]

    def embedder(self, name: str) -> OpenAIEmbedder | None:
        """Whoever embeds under a name, which is a vendor's and its model's with a slash between.
        None if that vendor cannot be asked, or not for embeddings."""
        vendor_name, _, model = name.partition("/")
        for offer in self._offers.values():
            if offer.vendor and offer.vendor.name == vendor_name and model:
                if offer.wire_format != "openai_chat":
                    return None
                price = EMBEDDING_PRICES.get(name)
                return OpenAIEmbedder(offer.vendor, model, self._session, price=price)
        return None

    @property
    def has_vendor(self) -> bool:
        """Whether any vendor is set up."""
        return self._has_vendor

    async def probe(self) -> str:
        """A word on whether anything can answer, and on vendors that are left alone. Raises
        `ModelUnavailable` if nothing can."""
        troubles = [
            f"{self._vendor_names[name]}: {breaker.state} after {breaker.failures} failures"
            for name, breaker in self._breakers.items()
            if breaker.state is not State.CLOSED
        ]
        return "; ".join([f"{self.resolve(None).name} answers by default", *troubles])

    async def close(self) -> None:
        """End the embedded model's process and close all connections."""
        await self._process.close()
        if self._http is not None:
            await self._http.close()

    def _find(self, name: str | None) -> Model:
        if not self._has_vendor and (name is None or name in REFERENCE_NAMES):
            return self._embedded
        if name is None:
            return self._vendors_default()
        if name not in self._models:
            # The name is not repeated: it may hold anything.
            raise NotFound(
                f"There is no model of that name. Known are {', '.join(self._models)}.",
                code="model_not_found",
            )
        return self._models[name]

    def _vendors_default(self) -> Model:
        """The default of the first vendor that can be asked, else the embedded model."""
        models = (self._models[name] for name in self._vendor_defaults)
        return next((model for model in models if model.unavailable is None), self._embedded)

    def _add_fallbacks(self, usual: Sequence[str]) -> None:
        """Keep of each model's fallback list what can be used, or give it the usual one."""
        for name in usual:
            if name not in self._models:
                raise BadRows(
                    f"PARLEZ_FALLBACK: there is no model {name!r}. "
                    f"Known are {', '.join(self._models)}."
                )
        usable = {name for name, model in self._models.items() if model.unavailable is None}
        for name, model in self._models.items():
            others = model.fallback or (() if model is self._embedded else tuple(usual))
            kept = tuple(other for other in others if other in usable and other != name)
            self._models[name] = replace(model, fallback=kept)
        self._embedded = self._models[self._embedded.name]

    def _new_chat(self, offer: Offer) -> ChatModel:
        assert offer.vendor is not None, "a model that cannot be used is not asked"
        chat = new_chat(offer.wire_format, offer.vendor, self._session)
        name = offer.vendor.name
        return GuardedChat(chat, self._breakers[name], offer.vendor.display_name, self._now)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, keepalive_timeout=30)
            # Nobody's cookies are kept: all accounts share this session.
            self._http = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._http
