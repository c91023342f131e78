"""A language model that costs next to nothing, in OpenAI's wire format."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

EVENTS = 64
"""Pieces of a streamed answer."""

PIECE = "word "
ANSWER = PIECE * EVENTS


def _chunk(delta: dict[str, str], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    data = f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


_COMPLETION = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ANSWER},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": EVENTS, "total_tokens": 9 + EVENTS},
    }
).encode()
_PLAIN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    + f"Content-Length: {len(_COMPLETION)}\r\n\r\n".encode()
    + _COMPLETION
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_PIECE = _chunk({"content": PIECE}, None)
_TAIL = _chunk({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


SILENCE = "Say nothing more."
"""What to ask for a stream of one piece that does not end."""


class MockModel(asyncio.Protocol):
    """Answers at once, or with `pace` seconds before each piece of a stream."""

    def __init__(self, pace: float):
        self._pace = pace
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.lower().index(b"content-length:") + 15
        length = int(self._buffer[at : self._buffer.index(b"\r\n", at)])
        if len(self._buffer) < head + 4 + length:
            return
        body, self._buffer = self._buffer[head + 4 :], b""
        if b'"stream":true' not in body.replace(b" ", b""):
            self._transport.write(_PLAIN)
        elif SILENCE.encode() in body:
            self._transport.write(_HEAD + _PIECE)
        elif self._pace:
            self._transport.write(_HEAD)
            self._later(EVENTS)
        else:
            self._transport.write(_HEAD + _PIECE)
            for _ in range(EVENTS - 1):
                self._transport.write(_PIECE)
            self._transport.write(_TAIL)

    def _later(self, left: int) -> None:
        asyncio.get_running_loop().call_later(self._pace, self._say, left)

    def _say(self, left: int) -> None:
        self._transport.write(_PIECE if left else _TAIL)
        if left:
            self._later(left - 1)


@asynccontextmanager
async def serve_mock(pace: float = 0.0) -> AsyncIterator[str]:
    """A mock model on a free port of this machine; the address to ask."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: MockModel(pace), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat/completions"
    finally:
        server.close()
