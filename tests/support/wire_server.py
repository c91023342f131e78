"""A server that answers with exactly the bytes it is told to."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Act = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Received:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: Any


class WireServer:
    """Plays one answer per request, in the order they were added; the last one again and again.

    An answer is a list of acts: bytes to write, or something to do with the connection. The
    connection is closed after it unless `keep_open` was called before.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.gone = asyncio.Event()
        self.base_url = ""
        self.answers: list[list[Act]] = []
        self._keep_open = False

    def raw(self, *acts: Act) -> None:
        self.answers.append(list(acts))

    def json(self, body: Any, status: str = "200 OK", *headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.raw(
            self.head(status, "application/json", f"Content-Length: {len(data)}", *headers), data
        )

    def events(self, *data: Any, done: bool = True) -> None:
        lines = b"".join(self.event(each) for each in data) + (b"data: [DONE]\n\n" if done else b"")
        self.raw(self.head("200 OK", "text/event-stream", f"Content-Length: {len(lines)}"), lines)

    def keep_open(self) -> None:
        self._keep_open = True

    def head(self, status: str, content_type: str, *headers: str) -> bytes:
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *headers]
        if not self._keep_open:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode()

    @staticmethod
    def event(data: Any) -> bytes:
        return (
            b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n"
        )

    @staticmethod
    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    @staticmethod
    async def reset(writer: asyncio.StreamWriter) -> None:
        """Break the connection off with RST."""
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._answer_one(reader, writer) and self._keep_open:
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in rest)}
        raw = await reader.readexactly(int(headers["content-length"]))
        body = json.loads(raw) if "json" in headers["content-type"] else raw
        self.received.append(Received(line, headers, body))
        acts = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        watch = asyncio.create_task(self._watch(reader)) if self.hang in acts else None
        for act in acts:
            if act is self.hang:
                await self.gone.wait()
            elif isinstance(act, bytes):
                writer.write(act)
                await writer.drain()
            else:
                await act(writer)
        if watch:
            await watch
        return not writer.is_closing()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        """Notice that the client has closed the connection."""
        try:
            await reader.read()
        except ConnectionError:
            pass
        self.gone.set()


@asynccontextmanager
async def serve_wire() -> AsyncIterator[WireServer]:
    """A wire server on a free port of this machine."""
    wire = WireServer()
    listener = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield wire
    finally:
        wire.gone.set()
        listener.close()
