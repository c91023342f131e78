"""Connections of clients that mean harm, without a network."""

import asyncio
from typing import Any

import pytest
import uvicorn
from tests.support.frames import frame
from uvicorn.server import ServerState

from parlez.http import socket_protocol
from parlez.http.socket_protocol import SocketProtocol

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Wire(asyncio.Transport):
    """What is written to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = self.aborted = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def accept(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


@pytest.fixture
async def wire() -> Wire:
    return Wire()


@pytest.fixture
async def protocol(wire: Wire) -> SocketProtocol:
    """A connection that was accepted, of a stranger."""
    config = uvicorn.Config(
        accept, ws=SocketProtocol, ws_max_size=1_000_000, ws_ping_interval=0.05, log_config=None
    )
    config.load()
    protocol = SocketProtocol(config, ServerState(), {})
    protocol.connection_made(wire)
    protocol.data_received(HANDSHAKE)
    async with asyncio.timeout(20):
        while b"\r\n\r\n" not in wire.written:
            await asyncio.sleep(0)
    wire.written = b""
    return protocol


async def test_pongs_do_not_pile_up(protocol: SocketProtocol, wire: Wire) -> None:
    protocol.data_received(frame(b"ping", 9))
    assert len(wire.written) == 6
    protocol.pause_writing()
    for _ in range(1_000):
        protocol.data_received(frame(b"ping", 9))
    assert len(wire.written) == 6
    protocol.resume_writing()
    protocol.data_received(frame(b"ping", 9))
    assert len(wire.written) == 12


async def test_fragments_do_not_pile_up(protocol: SocketProtocol, wire: Wire) -> None:
    protocol.data_received(frame(b"", 1, fin=False))
    protocol.data_received(frame(b"", 0, fin=False) * 2_000)
    assert len(protocol.frames) <= 1_024
    assert b"too_many_fragments" in wire.written
    assert wire.closed


async def test_what_is_no_text_is_told(
    protocol: SocketProtocol, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    protocol.data_received(frame(b"\xff", 1))
    assert b"invalid_frame" in wire.written
    assert wire.closed
    assert not caplog.records


async def test_strangers_are_known_by_their_length(protocol: SocketProtocol, wire: Wire) -> None:
    protocol._let_in()
    protocol.data_received(frame(b"x" * 100_000, 1))
    assert not wire.closed


async def test_the_long_messages_of_strangers(protocol: SocketProtocol, wire: Wire) -> None:
    protocol.data_received(frame(b"x" * 100_000, 1)[:20])
    assert b"too_large" in wire.written
    assert b"says who you are" in wire.written
    assert wire.closed


async def test_who_does_not_leave_is_dropped(
    protocol: SocketProtocol, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_protocol, "_FAREWELL_SECONDS", 0.01)
    protocol.data_received(b"\xff\xff\xff\xff")
    async with asyncio.timeout(20):
        while not wire.aborted:
            await asyncio.sleep(0.01)


async def test_who_shows_no_life_is_dropped(protocol: SocketProtocol, wire: Wire) -> None:
    protocol.config.ws_ping_timeout = 0.05
    protocol.ping_timeout = 0.05
    protocol.send_keepalive_ping()
    async with asyncio.timeout(20):
        while not wire.aborted:
            await asyncio.sleep(0.01)
