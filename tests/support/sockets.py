"""A client of the WebSocket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from tests.support.server import Running, run_server
from tests.support.vendor import Vendor, echo

from parlez.core.errors import ModelError
from parlez.core.ports.transcriber import Transcriber
from parlez.core.ports.voice import Voice
from parlez.core.sound import Sound
from parlez.core.speech_engines import Missing, SpeechEngines
from parlez.testing.scripted_speech import ScriptedActivity, ScriptedTranscriber, ScriptedVoice

PATIENCE = 20.0
"""Seconds that a test waits for a message, however busy the machine is."""


FRAME_BYTES = 3_200
"""A tenth of a second."""


class Talker:
    """Keeps all that it got in `got`."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse):
        self.ws = ws
        self.got: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.ws.send_json({"type": kind, **fields})

    async def next(self) -> dict[str, Any]:
        """The next message but the server's signs of life."""
        async with asyncio.timeout(PATIENCE):
            message = await self.ws.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.got[-3:])
        found: dict[str, Any] = message.json()
        self.got.append(found)
        return found if found["type"] != "ping" else await self.next()

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The first message of a type, and with these fields, that comes from now on."""
        while True:
            message = await self.next()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def ask(self, text: str, **fields: Any) -> dict[str, Any]:
        """The answer to a message."""
        await self.send("message", message=text, **fields)
        return await self.until("ai_response")

    async def hear(self, *sounds: Sound, pace: float = 0.0) -> None:
        """Send sounds as a microphone does, with so many seconds between two frames."""
        for sound in sounds:
            for place in range(0, len(sound.pcm), FRAME_BYTES):
                await self.ws.send_bytes(sound.pcm[place : place + FRAME_BYTES])
                await asyncio.sleep(pace)

    async def init(self, **fields: Any) -> dict[str, Any]:
        await self.send("init", **fields)
        return await self.until("init_ack")

    async def ends(self) -> tuple[str, int]:
        """The code of the last error, and that of the close."""
        error = ""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.ws.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    assert self.ws.close_code is not None
                    return error, self.ws.close_code
                found = message.json()
                self.got.append(found)
                if found["type"] == "error":
                    error = found["code"]


Place = Callable[[Running], str]
"""Where sockets of a server are."""


@asynccontextmanager
async def talking(url: str, client: aiohttp.ClientSession, **options: Any) -> AsyncIterator[Talker]:
    async with client.ws_connect(url, max_msg_size=2**27, **options) as ws:
        yield Talker(ws)


def main_port(parlez: Running) -> str:
    return parlez.url.replace("http", "ws", 1) + "/ws"


def own_port(parlez: Running) -> str:
    """The port that is for WebSockets alone."""
    return f"ws://127.0.0.1:{parlez.services.sockets.port}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class World:
    """A server, and clients of its WebSockets."""

    parlez: Running
    vendor: Vendor

    @asynccontextmanager
    async def talker(self, place: "Place | None" = None, **options: Any) -> AsyncIterator[Talker]:
        """A client whom the server does not know yet."""
        async with talking(
            (place or main_port)(self.parlez), self.parlez.client, **options
        ) as talker:
            assert (await talker.next())["type"] == "connection_established"
            yield talker

    @asynccontextmanager
    async def owner(self, place: "Place | None" = None) -> AsyncIterator[Talker]:
        """The local owner, let in."""
        async with self.talker(place) as talker:
            await talker.init(user_id="me")
            yield talker

    @asynccontextmanager
    async def holder(self, headers: dict[str, str]) -> AsyncIterator[Talker]:
        """Whoever has a key, let in by it."""
        async with self.talker() as talker:
            await talker.init(api_key=headers["Authorization"].removeprefix("Bearer "))
            yield talker

    def script_speech(
        self,
        monkeypatch: pytest.MonkeyPatch,
        texts: Iterable[str | ModelError] | Callable[[Sound], str | ModelError],
        voice: ScriptedVoice | None = None,
        missing: Mapping[str, Missing] = MappingProxyType({}),
    ) -> None:
        """Have the server hear `texts`, and speak, without an engine."""
        speech = self.parlez.services.speech
        hearing = SpeechEngines[Transcriber]([ScriptedTranscriber(texts)], missing)
        speaking = SpeechEngines[Voice]([voice or ScriptedVoice()], missing)
        monkeypatch.setattr(speech, "activity", ScriptedActivity())
        monkeypatch.setattr(speech, "transcribers", hearing)
        monkeypatch.setattr(speech, "voices", speaking)

    def reset(self) -> None:
        self.vendor.reply = echo
        self.vendor.asked.clear()

    async def entries(self, headers: dict[str, str], number: int) -> dict[str, int]:
        """How many entries the ledger has for each conversation, once there are so many and all
        of them are named."""
        path = "/api/usage?by=conversation"
        async with asyncio.timeout(PATIENCE):
            while True:
                groups = (await self.parlez.call("GET", path, headers=headers)).body["groups"]
                found = {each["group"]: each["calls"] for each in groups}
                if all(found) and sum(found.values()) == number:
                    return {f"conv_{UUID(group).hex}": found[group] for group in found}
                await asyncio.sleep(0.05)

    async def kept(self, turn_id: str) -> str:
        """What is kept of an answer that is stopped, once it is."""
        async with asyncio.timeout(PATIENCE):
            while True:
                turn = (await self.parlez.call("GET", f"/turns/{turn_id}")).body
                if turn["state"] == "stopped":
                    return str(turn["text"])
                await asyncio.sleep(0.05)

    async def contents(self, conversation_id: str) -> list[str]:
        """All that was said, read through another door."""
        path = f"/api/conversation/{conversation_id}/messages"
        answer = await self.parlez.call("GET", path)
        return [each["content"] for each in answer.body["messages"]]


@asynccontextmanager
async def socket_world(data_dir: Path, **fields: Any) -> AsyncIterator[World]:
    """A server with both ports, and a vendor behind it."""
    vendor = Vendor()
    async with (
        vendor.serving(),
        run_server(
            data_dir,
            websocket_port=free_port(),
            openai_api_key="sk-test",
            openai_base_url=vendor.url,
            **fields,
        ) as parlez,
    ):
        yield World(parlez, vendor)
