"""A chat model behind any server that speaks OpenAI's chat completions."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import aiohttp

from parlez.core.events import LoggedEvent, TextDelta
from parlez.core.ports.chat_model import ChatRequest, Completion, Finished
from parlez.providers.openai_chat import errors
from parlez.providers.openai_chat.completion import read_completion
from parlez.providers.openai_chat.connection import Connection
from parlez.providers.openai_chat.request import write_request
from parlez.providers.openai_chat.stream import AnswerReader
from parlez.providers.sse import EventReader, EventTooLong
from parlez.providers.timeouts import DEFAULT_TIMEOUTS, Timeouts
from parlez.providers.vendor import Vendor

MAX_EVENT_BYTES = 1024 * 1024


class OpenAIChat:
    """Implements `core.ports.chat_model.ChatModel`.

    `session` gives the HTTP session to use, which its owner closes. `sleep` waits between tries,
    and is there for tests to replace.
    """

    def __init__(
        self,
        vendor: Vendor,
        session: Callable[[], aiohttp.ClientSession],
        *,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._vendor = vendor
        self._connection = Connection(vendor, session, timeouts, sleep)

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        body = write_request(request, self._vendor, stream=False)
        response = await self._connection.ask(body, stream=False)
        try:
            return await self._read_whole(response)
        finally:
            response.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes. Closing the iterator stops the answer."""
        body = write_request(request, self._vendor, stream=True)
        response = await self._connection.ask(body, stream=True)
        try:
            if response.content_type != "text/event-stream":
                # Some servers cannot stream, and send the whole answer instead.
                for event in _as_events(await self._read_whole(response)):
                    yield event
                return
            reader = AnswerReader(self._vendor)
            events = EventReader(MAX_EVENT_BYTES)
            pieces = self._connection.pieces(response)
            while not reader.is_done() and (piece := await pieces.read(optional=reader.complete)):
                for data in events.feed(piece):
                    if text := reader.read(data):
                        yield TextDelta(text)
                    if reader.is_done():
                        await pieces.reach_end()
                        break
            for event in reader.finish():
                yield event
        except EventTooLong as reason:
            raise errors.too_long(self._vendor) from reason
        finally:
            response.close()

    async def _read_whole(self, response: aiohttp.ClientResponse) -> Completion:
        if response.content_type != "application/json":
            raise errors.not_understood(self._vendor)
        pieces = self._connection.pieces(response)
        body = bytearray()
        while piece := await pieces.read():
            body += piece
        return read_completion(self._vendor, bytes(body))


def _as_events(completion: Completion) -> list[LoggedEvent | Finished]:
    text = [TextDelta(completion.text)] if completion.text else []
    return [*text, *completion.tool_calls, completion.finished]
