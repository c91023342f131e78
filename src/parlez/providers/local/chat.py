"""The embedded model as a chat model."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import aiohttp

from parlez.core.errors import ModelError, ModelFailed, ModelTimeout, ModelUnavailable
from parlez.core.events import LoggedEvent
from parlez.core.ports.chat_model import ChatRequest, Completion, Finished
from parlez.providers.local.process import LocalProcess
from parlez.providers.openai_chat import OpenAIChat
from parlez.providers.timeouts import Timeouts
from parlez.providers.vendor import Vendor

# Reading four long prompts at once takes two cores a minute and a half, and others may wait.
PATIENCE = Timeouts(silence=300.0)
_HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=2.0)


class LocalChat:
    """Implements `core.ports.chat_model.ChatModel`, starting the child on first use.

    `vendor` has all but the address and the key, which differ with each start.
    """

    def __init__(
        self,
        process: LocalProcess,
        vendor: Vendor,
        session: Callable[[], aiohttp.ClientSession],
        *,
        timeouts: Timeouts = PATIENCE,
    ) -> None:
        self._process = process
        self._vendor = vendor
        self._session = session
        self._timeouts = timeouts

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        chat = await self._chat()
        try:
            return await chat.complete(request)
        except ModelError as reason:
            raise await self._explain(reason) from reason

    async def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes. Closing the iterator stops the answer."""
        chat = await self._chat()
        try:
            async with aclosing(chat.stream(request)) as events:
                async for event in events:
                    yield event
        except ModelError as reason:
            raise await self._explain(reason) from reason

    async def _chat(self) -> OpenAIChat:
        endpoint = await self._process.endpoint()
        vendor = replace(self._vendor, base_url=endpoint.base_url, api_key=endpoint.api_key)
        return OpenAIChat(vendor, self._session, timeouts=self._timeouts)

    async def _explain(self, reason: ModelError) -> ModelError:
        """What an error means when the vendor is a child of ours, which may just have died."""
        if isinstance(reason, ModelTimeout) and not await self._is_healthy():
            await self._process.discard()
        if not isinstance(reason, ModelFailed | ModelUnavailable):
            return reason
        await self._process.settle()
        if isinstance(reason, ModelFailed) and self._process.pid is not None:
            return reason
        return ModelFailed("The embedded model stopped while it was asked. Try again.")

    async def _is_healthy(self) -> bool:
        endpoint = await self._process.endpoint()
        url = endpoint.base_url.removesuffix("/v1") + "/health"
        try:
            async with self._session().get(url, timeout=_HEALTH_TIMEOUT) as response:
                return response.status == 200
        except (TimeoutError, aiohttp.ClientError):
            return False
