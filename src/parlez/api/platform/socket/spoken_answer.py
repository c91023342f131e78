"""An answer that is said aloud while it is made, as one file in pieces."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from parlez.api.platform.socket.channel import Channel
from parlez.api.platform.socket.engines import Speaker
from parlez.core.errors import ParlezError
from parlez.core.identity import Caller
from parlez.core.ports.sound_files import SoundForm
from parlez.core.sound import Sound
from parlez.core.speech import Speech
from parlez.realtime.sentence_stream import SentenceStream
from parlez.realtime.stages import Stages

_CHUNK_BYTES = 24_576


class SpokenAnswer:
    """What is written to `text` is said by `speak`."""

    def __init__(
        self,
        speech: Speech,
        channel: Channel,
        caller: Caller,
        speaker: Speaker,
        form: SoundForm,
        stages: Stages,
    ):
        self.text = SentenceStream()
        self._speech = speech
        self._channel = channel
        self._caller = caller
        self._speaker = speaker
        self._form = form
        self._stages = stages
        self._silent = False

    def silence(self) -> None:
        """Say no more."""
        self._silent = True
        self.text.end()

    async def settled(self) -> None:
        """All of it is kept, whatever of it is said."""

    async def speak(self, conversation_id: str, named: Mapping[str, str]) -> None:
        """Until all is said. `named` tells in each message which answer it is. Raises `Gone`."""
        sent = 0
        send = self._channel.send
        try:
            async with (
                aclosing(self._sounds(conversation_id)) as sounds,
                aclosing(self._speech.writer.write(sounds, self._form)) as chunks,
            ):
                async for chunk in chunks:
                    if self._silent:
                        break
                    if not sent:
                        await self._begin(named)
                    for place in range(0, len(chunk), _CHUNK_BYTES):
                        data = b64encode(chunk[place : place + _CHUNK_BYTES]).decode()
                        await send("audio_chunk", data=data, index=sent, **named)
                        sent += 1
        except ParlezError as error:
            await self._channel.tell(error, **named)
        if sent:
            await send("audio_stream_end", chunks=sent, timings=self._stages.ended, **named)

    async def _begin(self, named: Mapping[str, str]) -> None:
        self._stages.mark("first_audio")
        await self._channel.send("status", status="speaking", **named)
        await self._channel.send(
            "audio_stream_start",
            format=self._form.value,
            media_type=self._form.media_type,
            **self._speaker.shown,
            **named,
        )

    async def _sounds(self, conversation_id: str) -> AsyncGenerator[Sound, None]:
        spoken = self._speech.recite(
            self._caller,
            self._sentences(),
            self._speaker.speaking,
            provider=self._speaker.provider,
            conversation_id=conversation_id,
        )
        async with aclosing(spoken) as pieces:
            async for piece in pieces:
                yield piece.sound

    async def _sentences(self) -> AsyncGenerator[str, None]:
        async with aclosing(self.text.read()) as sentences:
            async for sentence in sentences:
                self._stages.mark("first_sentence")
                yield sentence
