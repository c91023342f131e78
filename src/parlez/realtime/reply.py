"""One answer that is said aloud to somebody who may interrupt it."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from parlez.core.errors import ParlezError
from parlez.core.sound import SAMPLE_BYTES
from parlez.realtime.playout import Playout
from parlez.realtime.ports import Client, Mouth
from parlez.realtime.sentence_stream import SentenceStream
from parlez.realtime.stages import Stages

AHEAD_SECONDS = 6.0
"""How far what is sent may be ahead of what is heard: what nobody hears was made for nothing."""

_CHUNK_SECONDS = 0.5
_LOOK_SECONDS = 0.1


class Reply:
    """What is written to `text` is said by `speak`, in frames that carry `epoch`."""

    def __init__(self, epoch: int, stages: Stages, mouth: Mouth, client: Client):
        self.epoch = epoch
        self.stages = stages
        self.text = SentenceStream()
        self.playout = Playout(asyncio.get_running_loop().time)
        self.named: Mapping[str, str] = {}
        self.begun = False
        self.silent = False
        self.over = asyncio.Event()
        """Set once nothing of it is left to be heard."""
        self._settled = asyncio.Event()
        self._settled.set()
        self._mouth = mouth
        self._client = client

    def silence(self) -> None:
        """Say no more of it."""
        self.silent = True
        self.text.end()
        self.over.set()

    def interrupt(self) -> None:
        """Silence it for good: what was not heard is about to be taken back."""
        self._settled.clear()
        self.silence()

    def settle(self) -> None:
        """What was not heard has been taken back."""
        self._settled.set()

    async def settled(self) -> None:
        """Until it is known what of it is kept."""
        await self._settled.wait()

    async def speak(self, conversation_id: str, named: Mapping[str, str]) -> None:
        """Until all has been heard, or it is silenced. `named` tells in each message which answer
        it is."""
        self.named = named
        try:
            try:
                await self._say(conversation_id)
            except ParlezError as error:
                await self._client.tell(error, **named)
            while not self.silent and self.playout.ahead > 0:
                await self._wait()
        finally:
            self.over.set()
        if self.begun:
            timings = self.stages.ended
            await self._send("audio_stream_end", stopped=self.silent, timings=timings)

    async def _say(self, conversation_id: str) -> None:
        recited = self._mouth.recite(self._sentences(), conversation_id)
        async with aclosing(recited) as pieces:
            async for piece in pieces:
                sound = piece.sound
                size = round(sound.rate * _CHUNK_SECONDS) * SAMPLE_BYTES
                for place in range(0, len(sound.pcm), size):
                    while not self.silent and self.playout.ahead > AHEAD_SECONDS:
                        await self._wait()
                    if self.silent:
                        return
                    pcm = sound.pcm[place : place + size]
                    await self._send_sound(pcm, sound.rate)
        self.playout.end_sentence()

    async def _send_sound(self, pcm: bytes, rate: int) -> None:
        if not self.begun:
            self.begun = True
            self.stages.mark("first_audio")
            await self._client.send("status", status="speaking", **self.named)
            await self._send("audio_stream_start", format="pcm16", sample_rate=rate)
        # From here on it may be heard, whether or not it is known to have been sent.
        self.playout.send(len(pcm) / SAMPLE_BYTES / rate)
        await self._send("audio_chunk", data=b64encode(pcm).decode())

    async def _sentences(self) -> AsyncGenerator[str, None]:
        async with aclosing(self.text.read()) as sentences:
            async for sentence in sentences:
                while not self.silent and self.playout.ahead > AHEAD_SECONDS:
                    await self._wait()
                if self.silent:
                    return
                self.stages.mark("first_sentence")
                self.playout.begin_sentence(sentence)
                yield sentence

    async def _send(self, kind: str, /, **fields: object) -> None:
        await self._client.send(kind, epoch=self.epoch, **fields, **self.named)

    async def _wait(self) -> None:
        """A moment, or until it is silenced."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self.over.wait()
        except TimeoutError:
            pass
