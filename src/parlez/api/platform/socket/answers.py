"""The answers that are being made for one WebSocket."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from parlez.api.platform import chat_encode
from parlez.api.platform.socket.channel import Channel
from parlez.core.cursor import START
from parlez.core.errors import ParlezError, QueueFull, restore
from parlez.core.events import ErrorRaised, TextDelta
from parlez.core.turns import EndedTurn, Turn
from parlez.http.citations import citation_fields
from parlez.http.event_stream import HEARTBEAT_SECONDS
from parlez.http.fields import uuid_of
from parlez.http.services import Services
from parlez.realtime.sentence_stream import SentenceStream
from parlez.realtime.stages import Stages

MOST_AT_ONCE = 16

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Spoken(Protocol):
    """The voice of an answer."""

    text: SentenceStream
    """Where the answer is written to."""

    def silence(self) -> None:
        """Say no more of it."""
        ...

    async def settled(self) -> None:
        """Until it is known what of the answer is kept."""
        ...

    async def speak(self, conversation_id: str, named: Mapping[str, str]) -> None:
        """Say it; `named` tells in each message which answer it is."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    turn: Turn
    stages: Stages
    spoken: Spoken | None


class Answers:
    """Follows turns and sends what they say. The turns do not depend on it: they go on when the
    client leaves, and what was said can be followed anew."""

    def __init__(self, inside: Services, channel: Channel, spawn: Spawn):
        self._inside = inside
        self._channel = channel
        self._spawn = spawn
        self._answers: set[_Answer] = set()

    def require_room(self) -> None:
        """Raises `QueueFull`."""
        if len(self._answers) >= MOST_AT_ONCE:
            raise QueueFull(f"At most {MOST_AT_ONCE} answers are made at once for a connection.")

    def begin(self, turn: Turn, stages: Stages, spoken: Spoken | None = None) -> None:
        """Send what a turn says; `spoken` says it aloud."""
        answer = _Answer(turn, stages, spoken)
        self._answers.add(answer)
        self._spawn(self._give(answer))

    async def stop(self) -> None:
        """End all of them, keeping what was said."""
        for answer in list(self._answers):
            if answer.spoken:
                answer.spoken.silence()
            await self._inside.engine.stop(answer.turn.scope, answer.turn.id)

    async def _give(self, answer: _Answer) -> None:
        turn = answer.turn
        named = {**chat_encode.names(turn), "turn_id": uuid_of(turn.id)}
        try:
            await self._channel.send("status", status="processing", **named)
            if answer.spoken is None:
                await self._follow(answer, named)
                return
            async with asyncio.TaskGroup() as both:
                both.create_task(self._follow(answer, named))
                both.create_task(answer.spoken.speak(turn.conversation_id, named))
            await self._channel.send("status", status="listening", **named)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._answers.discard(answer)

    async def _follow(self, answer: _Answer, named: dict[str, str]) -> None:
        turn, send = answer.turn, self._channel.send
        try:
            error = await self._send_chunks(answer, named)
            await send("message_chunk", chunk="", is_final=True, **named)
            if error:
                await self._channel.tell(error, **named)
            else:
                if answer.spoken:
                    await answer.spoken.settled()
                ended = await self._inside.engine.find(turn.scope, turn.id)
                timings = answer.stages.ended
                await send("ai_response", **_response(ended), timings=timings, **named)
        except ParlezError as error:
            await self._channel.tell(error, **named)
        finally:
            if answer.spoken:
                answer.spoken.text.end()

    async def _send_chunks(self, answer: _Answer, named: dict[str, str]) -> ParlezError | None:
        """What the turn failed with, once it has ended."""
        failure = None
        turn, spoken = answer.turn, answer.spoken
        events = self._inside.engine.follow(turn.scope, turn.id, START, HEARTBEAT_SECONDS)
        async with aclosing(events) as followed:
            async for numbered in followed:
                match numbered and numbered.event:
                    case TextDelta(text=text):
                        answer.stages.mark("first_token")
                        if spoken:
                            spoken.text.write(text)
                        await self._channel.send(
                            "message_chunk", chunk=text, is_final=False, **named
                        )
                    case ErrorRaised(code=code, message=message):
                        failure = restore(code, message)
        if spoken:
            # The last sentence is whole.
            spoken.text.end()
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
