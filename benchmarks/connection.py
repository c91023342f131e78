"""An HTTP/1.1 client of bare bytes: the load must cost less than what it measures."""

import asyncio
import re
import time
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time. `first_at` is when the first byte of
    `marker` in the last answer came, in the loop's time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._end: bytes | int | None = None
        self._answer: asyncio.Future[bytes] = self._loop.create_future()
        self._is_begun: asyncio.Future[None] | None = None
        self._marker: bytes | None = None
        self.first_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, request: bytes, marker: bytes | None = None) -> bytes:
        """Send a request and wait for its whole answer, head included."""
        self._send(request, marker)
        return await self._answer

    async def begin(self, request: bytes, marker: bytes) -> None:
        """Send a request and wait for the first `marker` of its answer."""
        self._send(request, marker)
        self._is_begun = self._loop.create_future()
        await self._is_begun

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._marker and not self.first_at and self._marker in self._buffer:
            self.first_at = time.perf_counter()
            if self._is_begun and not self._is_begun.done():
                self._is_begun.set_result(None)
        if self._end is None and (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, head + 2)
            self._end = head + 4 + int(found[1]) if found else b"0\r\n\r\n"
        whole = (
            len(self._buffer) >= self._end
            if isinstance(self._end, int)
            else self._end is not None and self._buffer.endswith(self._end)
        )
        if whole and not self._answer.done():
            self._answer.set_result(self._buffer)

    def connection_lost(self, error: Exception | None) -> None:
        for waiting in (self._answer, self._is_begun):
            if waiting and not waiting.done():
                waiting.set_exception(ConnectionError("the server closed the connection"))
                # Whoever closed it does not wait.
                waiting.exception()

    @property
    def is_answered(self) -> bool:
        return self._answer.done()

    def close(self) -> None:
        self._transport.close()

    def _send(self, request: bytes, marker: bytes | None) -> None:
        self._buffer, self._end, self._marker, self.first_at = b"", None, marker, 0.0
        self._answer = self._loop.create_future()
        self._transport.write(request)


def get(path: str, key: str | None = None) -> bytes:
    """A request as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str, body: bytes, key: str | None = None) -> bytes:
    """A request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}"] + ([f"Authorization: Bearer {key}"] if key else [])
    return "\r\n".join([*lines, "", ""]).encode() + body
