"""The answers that are being made for one WebSocket."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from parlez.api.platform import chat_encode
from parlez.api.platform.socket.channel import Channel
from parlez.api.platform.socket.stages import Stages
from parlez.core.cursor import START
from parlez.core.errors import ParlezError, QueueFull, restore
from parlez.core.events import ErrorRaised, TextDelta
from parlez.core.turns import EndedTurn, Turn
from parlez.http.citations import citation_fields
from parlez.http.event_stream import HEARTBEAT_SECONDS
from parlez.http.fields import uuid_of
from parlez.http.services import Services

MOST_AT_ONCE = 16

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Answers:
    """Follows turns and sends what they say. The turns do not depend on it: they go on when the
    client leaves, and what was said can be followed anew."""

    def __init__(self, inside: Services, channel: Channel, spawn: Spawn):
        self._inside = inside
        self._channel = channel
        self._spawn = spawn
        self._turns: dict[str, Turn] = {}

    def require_room(self) -> None:
        """Raises `QueueFull`."""
        if len(self._turns) >= MOST_AT_ONCE:
            raise QueueFull(f"At most {MOST_AT_ONCE} answers are made at once for a connection.")

    def begin(self, turn: Turn, stages: Stages) -> None:
        self._turns[turn.id] = turn
        self._spawn(self._follow(turn, stages))

    async def stop(self) -> None:
        """End all of them, keeping what was said."""
        for turn in list(self._turns.values()):
            await self._inside.engine.stop(turn.scope, turn.id)

    async def _follow(self, turn: Turn, stages: Stages) -> None:
        named = {**chat_encode.names(turn), "turn_id": uuid_of(turn.id)}
        send = self._channel.send
        try:
            await send("status", status="processing", **named)
            error = await self._send_chunks(turn, stages, named)
            await send("message_chunk", chunk="", is_final=True, **named)
            if error:
                await self._channel.tell(error, **named)
            else:
                ended = await self._inside.engine.find(turn.scope, turn.id)
                stages.mark("end")
                await send("ai_response", **_response(ended), timings=stages.shown, **named)
        except ParlezError as error:
            await self._channel.tell(error, **named)
        finally:
            del self._turns[turn.id]

    async def _send_chunks(
        self, turn: Turn, stages: Stages, named: dict[str, str]
    ) -> ParlezError | None:
        """What the turn failed with, once it has ended."""
        failure = None
        events = self._inside.engine.follow(turn.scope, turn.id, START, HEARTBEAT_SECONDS)
        async with aclosing(events) as followed:
            async for numbered in followed:
                match numbered and numbered.event:
                    case TextDelta(text=text):
                        stages.mark("first_token")
                        await self._channel.send(
                            "message_chunk", chunk=text, is_final=False, **named
                        )
                    case ErrorRaised(code=code, message=message):
                        failure = restore(code, message)
        return failure


def _response(ended: EndedTurn) -> dict[str, Any]:
    turn = ended.turn
    return {
        "text": ended.text,
        "model": turn.model,
        "state": turn.state,
        "usage": asdict(turn.usage) if turn.usage else None,
        "citations": [citation_fields(each) for each in turn.citations],
    }
