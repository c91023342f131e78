"""The embedded voice, behind `core.ports.voice`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal

from parlez.core.errors import InvalidInput
from parlez.core.languages import base_of, require
from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.sound import Sound
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.weights import missing_to_speak, piper_weights, spoken_language
from parlez.speech.local.worker import Worker

NAME = "local"
TITLE = "Embedded Piper"

_GENDERS = {"joe": "male"}


class LocalVoice:
    """Piper, in a process of its own."""

    def __init__(self, settings: LocalSpeech):
        weights = piper_weights(settings)
        assert weights is not None
        self._worker = Worker(
            "parlez.speech.local.speaking", TITLE, settings, missing_to_speak, piper_weights
        )
        language = spoken_language(weights)
        # They are called like en_US-joe-medium.
        named = weights.stem.split("-")
        voice = named[1] if len(named) > 1 else weights.stem
        self._about = VoiceAbout(
            NAME,
            TITLE,
            (f"piper-{weights.stem}",),
            (VoiceRow(voice, voice.capitalize(), _GENDERS.get(voice), language),),
            frozenset({base_of(language)}),
            prices={f"piper-{weights.stem}": Decimal(0)},
        )

    @property
    def about(self) -> VoiceAbout:
        return self._about

    @property
    def pid(self) -> int | None:
        """The id of its process while that runs."""
        return self._worker.pid

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        require(speaking.language, self._about.languages, TITLE)
        [voice] = self._about.voices
        if speaking.voice not in (None, voice.id):
            raise InvalidInput(
                f"{TITLE} has no such voice. It has: {voice.id}.",
                code="unknown_voice",
                param="voice",
            )
        async with aclosing(self._worker.run({"text": text, "speed": speaking.speed})) as parts:
            async for head, pcm in parts:
                yield Sound(pcm, head["rate"])

    async def warm_up(self) -> None:
        await self._worker.warm_up()

    async def close(self) -> None:
        await self._worker.close()
