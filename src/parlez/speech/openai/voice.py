"""Speaking over OpenAI's API.

See https://developers.openai.com/api/reference/resources/audio/subresources/speech/methods/create
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.vendor import Vendor
from parlez.speech.wire import Session, Wire

PATH = "/audio/speech"
TITLE = "OpenAI TTS"
RATE = 24_000

MODELS = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
PRICES: Mapping[str, Decimal] = {
    # https://developers.openai.com/api/docs/pricing: by the million characters. The third is by
    # tokens of sound, which no answer tells.
    "tts-1": Decimal(15),
    "tts-1-hd": Decimal(30),
}
VOICES = (
    VoiceRow("alloy", "Alloy", "neutral"),
    VoiceRow("ash", "Ash", "male"),
    VoiceRow("coral", "Coral", "female"),
    VoiceRow("echo", "Echo", "male"),
    VoiceRow("fable", "Fable", "neutral"),
    VoiceRow("nova", "Nova", "female"),
    VoiceRow("onyx", "Onyx", "male"),
    VoiceRow("sage", "Sage", "female"),
    VoiceRow("shimmer", "Shimmer", "female"),
)


class OpenAIVoice:
    """`models`, `voices` and `prices` are those of whoever serves."""

    def __init__(
        self,
        vendor: Vendor,
        session: Session,
        models: Sequence[str] = MODELS,
        voices: Sequence[VoiceRow] = VOICES,
        prices: Mapping[str, Decimal] = PRICES,
        **wire: Any,
    ):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = VoiceAbout(
            vendor.name,
            vendor.title,
            tuple(models),
            tuple(voices),
            any_voice=True,
            longest_text=4_096,
            prices=prices,
        )

    @property
    def about(self) -> VoiceAbout:
        return self._about

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        if not any(map(str.isalnum, text)):
            return
        key = self._vendor.api_key
        headers = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {key}"} if key else {}),
        }
        body = {
            "model": speaking.model or self._about.models[0],
            "input": text,
            "voice": speaking.voice or self._about.voices[0].id,
            "response_format": "pcm",
            "speed": speaking.speed,
        }
        spoken = False
        async with aclosing(self._wire.stream(PATH, headers, json.dumps(body).encode())) as pieces:
            async for pcm in pieces:
                spoken = True
                yield Sound(pcm, RATE)
        if not spoken:
            raise refusals.not_understood(self._vendor)

    async def warm_up(self) -> None:
        """Nothing to do."""
