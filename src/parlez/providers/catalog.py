"""Which models there are, and who answers for each."""

import aiohttp

from parlez.core.errors import ModelUnavailable, NotFound
from parlez.core.models import Model
from parlez.core.ports.chat_model import ChatModel
from parlez.providers import rows
from parlez.providers.local.chat import LocalChat
from parlez.providers.local.process import LocalProcess
from parlez.providers.local.settings import LocalSettings
from parlez.providers.local.weights import missing_part
from parlez.providers.openai_chat import OpenAIChat

_SAMPLE_KEY = "your_api_key_here"
_MOST_CONNECTIONS = 2_000
_LONGEST_NAME_SHOWN = 80


class Catalog:
    """Implements `core.models.ModelCatalog`. It owns the connections to vendors and the embedded
    model's process, both made on first use within the running event loop, and ended by `close`.

    A key that is empty or the sample's counts as none, and an empty `default_model` likewise.
    """

    def __init__(
        self,
        *,
        openai_api_key: str | None = None,
        openai_base_url: str | None = None,
        default_model: str | None = None,
        local: LocalSettings | None = None,
    ) -> None:
        local = local or LocalSettings()
        key = _usable(openai_api_key)
        url = (openai_base_url or rows.OPENAI_URL).rstrip("/")
        self._default_name = default_model or None
        self._http: aiohttp.ClientSession | None = None
        self._has_vendor = key is not None
        self._embedded = rows.embedded_model(local, missing_part(local))
        openai = rows.openai_models(None if key else "Set OPENAI_API_KEY to use it.")
        self._models = {model.name: model for model in (*openai, self._embedded)}
        self._process = LocalProcess(local, rows.EMBEDDED_NAME)
        self._chat_models: dict[str, ChatModel] = {
            "openai": OpenAIChat(rows.openai_vendor(key, url), self._session),
            "local": LocalChat(self._process, rows.local_vendor(), self._session),
        }

    def list(self) -> list[Model]:
        """Every known model, usable or not."""
        return [*self._models.values()]

    def resolve(self, name: str | None) -> Model:
        """The model of that name, or the default for None or an empty name.

        Where no vendor has a key, the embedded model answers for the names of the reference APIs.
        Raises `NotFound`, naming the known models, or `ModelUnavailable` with the way to enable it.
        """
        model = self._find(name or self._default_name)
        if model.unavailable is None:
            return model
        if model is self._embedded and not self._has_vendor:
            raise ModelUnavailable(
                f"No model can be used. {model.unavailable} Or set OPENAI_API_KEY."
            )
        raise ModelUnavailable(f"{model.display_name} cannot be used. {model.unavailable}")

    def chat_model(self, model: Model) -> ChatModel:
        """Whoever answers for a model that `resolve` gave."""
        return self._chat_models[model.vendor]

    async def probe(self) -> str:
        """A word on whether anything can answer. Raises `ModelUnavailable` if nothing can."""
        return f"{self.resolve(None).name} answers by default"

    async def close(self) -> None:
        """End the embedded model's process and close all connections."""
        await self._process.close()
        if self._http is not None:
            await self._http.close()

    def _find(self, name: str | None) -> Model:
        if not self._has_vendor and (name is None or name in rows.REFERENCE_NAMES):
            return self._embedded
        if name is None:
            return next(iter(self._models.values()))
        if name not in self._models:
            raise NotFound(
                f"There is no model {name[:_LONGEST_NAME_SHOWN]!r}. "
                f"Known are {', '.join(self._models)}.",
                code="model_not_found",
            )
        return self._models[name]

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, keepalive_timeout=30)
            # Nobody's cookies are kept: all accounts share this session.
            self._http = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._http


def _usable(key: str | None) -> str | None:
    key = (key or "").strip()
    return key if key and key != _SAMPLE_KEY else None
