"""A spoken conversation with nobody but fakes in it, in virtual time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.support.sounds import silence, tone

from parlez.core.errors import ParlezError
from parlez.core.sound import Sound
from parlez.core.speech import Spoken
from parlez.realtime.endpointing import Manner
from parlez.realtime.ports import Begin
from parlez.realtime.reply import Reply
from parlez.realtime.session import VoiceSession
from parlez.testing.scripted_speech import ScriptedActivity, ScriptedTranscriber, ScriptedVoice

FRAME_SECONDS = 0.032

Piece = str | float
"""Text that a model says, or seconds in which it says nothing."""


@dataclass
class Talking:
    """`heard` is what is heard of the user, one after the other; `answers` what is said to each.
    All that is sent is in `sent`, with its time."""

    heard: Iterable[str | Any]
    answers: Iterable[Iterable[Piece]]
    hearing_seconds: float = 0.1
    speaking_seconds: float = 0.05
    glimpses: Iterable[str] = ()
    refusal: ParlezError | None = None
    manner: Manner = Manner()
    sent: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers = iter(self.answers)
        self._glimpses = iter(self.glimpses)
        self.transcriber = ScriptedTranscriber(self.heard, seconds=self.hearing_seconds)
        self.voice = ScriptedVoice(seconds=self.speaking_seconds)
        self.began = asyncio.get_running_loop().time()
        self.session = VoiceSession(
            ScriptedActivity(), self, self, self, self, self.spawn, self.spawn, self.manner
        )

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # The user

    async def say(self, seconds: float) -> None:
        await self._utter(tone(seconds))

    async def be_silent(self, seconds: float) -> None:
        await self._utter(silence(seconds))

    async def _utter(self, sound: Sound) -> None:
        """At the pace of a microphone."""
        size = int(FRAME_SECONDS * sound.rate) * 2
        for place in range(0, len(sound.pcm), size):
            await asyncio.sleep(FRAME_SECONDS)
            await self.session.hear(sound.pcm[place : place + size])

    # The client

    async def send(self, kind: str, /, **fields: Any) -> None:
        self.sent.append((self.now, kind, fields))

    async def tell(self, error: ParlezError, /, **fields: Any) -> None:
        await self.send("error", code=error.code, **fields)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fields for _, each, fields in self.sent if each == kind]

    def time_of(self, kind: str, which: int = 0) -> float:
        return [time for time, each, _ in self.sent if each == kind][which]

    # The ear

    async def listen(self, sound: Sound) -> str:
        return (await self.transcriber.transcribe(sound)).text

    async def glimpse(self, sound: Sound) -> str | None:
        return next(self._glimpses, None)

    # The mouth

    async def recite(
        self, sentences: AsyncIterable[str], conversation_id: str
    ) -> AsyncGenerator[Spoken, None]:
        async for sentence in sentences:
            async for sound in self.voice.speak(sentence):
                yield Spoken(sentence, sound)

    # The brain

    def here(self) -> Begin:
        return self._begin

    async def _begin(self, text: str, reply: Reply) -> None:
        if self.refusal:
            raise self.refusal
        self.asked.append(text)
        self.spawn(self._answer(next(self._answers), reply))

    async def _answer(self, pieces: Iterable[Piece], reply: Reply) -> None:
        self.spawn(reply.speak("conversation", {"message_id": str(len(self.asked))}))
        said = ""
        for piece in pieces:
            if reply.silent:
                break
            if isinstance(piece, str):
                said += piece
                reply.text.write(piece)
            else:
                await asyncio.sleep(piece)
        reply.text.end()
        if not reply.silent:
            self.kept.append(said)

    async def cut_short(self, reply: Reply, heard: str) -> None:
        place = int(reply.named["message_id"]) - 1 if reply.named else len(self.asked) - 1
        self.kept[place:] = [heard]
