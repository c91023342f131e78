"""A chat model behind HTTP, whichever wire format it speaks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import aiohttp

from parlez.core.events import LoggedEvent, TextDelta
from parlez.core.ports.chat_model import ChatRequest, Completion, Finished
from parlez.providers import errors
from parlez.providers.connection import Connection
from parlez.providers.sse import EventReader, EventTooLong
from parlez.providers.timeouts import DEFAULT_TIMEOUTS, Timeouts
from parlez.providers.vendor import Vendor

MAX_EVENT_BYTES = 1024 * 1024


class AnswerReader(Protocol):
    """Turns the events of one streamed answer into ours."""

    def is_done(self) -> bool:
        """Whether the vendor said that nothing follows."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the whole answer has come, though its usage may be still to come."""
        ...

    def read(self, data: bytes) -> str:
        """Take one event and return the text that can be said now, often none.

        Raises `ModelError` if the event is one, or makes no sense.
        """
        ...

    def finish(self) -> list[LoggedEvent | Finished]:
        """What is still to be said once the stream has ended: half a character that waited in
        vain, the tool calls, and `Finished`. Raises `ModelFailed` if the stream broke off."""
        ...


class RequestWriter(Protocol):
    def __call__(self, request: ChatRequest, vendor: Vendor, *, stream: bool) -> dict[str, Any]:
        """The body of a request."""
        ...


@dataclass(frozen=True, slots=True)
class WireFormat:
    """The pure translators of a wire format, and the path that it is spoken at."""

    path: str
    write_request: RequestWriter
    read_completion: Callable[[Vendor, bytes], Completion]
    new_reader: Callable[[Vendor], AnswerReader]


class WireChat:
    """Implements `core.ports.chat_model.ChatModel`.

    `session` gives the HTTP session to use, which its owner closes. `sleep` waits between tries,
    and is there for tests to replace.
    """

    wire_format: ClassVar[WireFormat]

    def __init__(
        self,
        vendor: Vendor,
        session: Callable[[], aiohttp.ClientSession],
        *,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._vendor = vendor
        path = vendor.chat_path or self.wire_format.path
        self._connection = Connection(vendor, session, timeouts, sleep, path)

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        body = self.wire_format.write_request(request, self._vendor, stream=False)
        response = await self._connection.ask(body, stream=False)
        try:
            return await self._read_whole(response)
        finally:
            response.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes. Closing the iterator stops the answer."""
        body = self.wire_format.write_request(request, self._vendor, stream=True)
        response = await self._connection.ask(body, stream=True)
        try:
            if response.content_type != "text/event-stream":
                # Some servers cannot stream, and send the whole answer instead.
                for event in _as_events(await self._read_whole(response)):
                    yield event
                return
            reader = self.wire_format.new_reader(self._vendor)
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
        return self.wire_format.read_completion(self._vendor, bytes(body))


def _as_events(completion: Completion) -> list[LoggedEvent | Finished]:
    text = [TextDelta(completion.text)] if completion.text else []
    return [*text, *completion.tool_calls, completion.finished]
