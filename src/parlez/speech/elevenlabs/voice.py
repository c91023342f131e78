"""Speaking over ElevenLabs' API.

See https://elevenlabs.io/docs/api-reference/text-to-speech/stream
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from parlez.core.languages import base_of
from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.vendor import Vendor
from parlez.speech.wire import Session, Wire

TITLE = "ElevenLabs"
ADDRESS = "https://api.elevenlabs.io"
RATE = 24_000

MODELS = ("eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_multilingual_v2")
DEFAULT_VOICE = "kgG7dCoKCfLehAPWkJOE"
VOICES = (
    VoiceRow(DEFAULT_VOICE, "Default"),
    VoiceRow("21m00Tcm4TlvDq8ikWAM", "Rachel", "female"),
    VoiceRow("JBFqnCBsd6RMkjVDRZzb", "George", "male"),
)

_TOLD_LANGUAGE = ("eleven_flash_v2_5", "eleven_turbo_v2_5")
"""Models that may be told a language; others refuse that."""

_SLOWEST, _FASTEST = 0.7, 1.2


class ElevenLabsVoice:
    def __init__(self, vendor: Vendor, session: Session, **wire: Any):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = VoiceAbout(
            vendor.name, vendor.title, MODELS, VOICES, any_voice=True, longest_text=10_000
        )

    @property
    def about(self) -> VoiceAbout:
        return self._about

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        if not any(map(str.isalnum, text)):
            return
        model = speaking.model or MODELS[0]
        voice = quote(speaking.voice or DEFAULT_VOICE, safe="")
        body: dict[str, Any] = {"text": text, "model_id": model}
        if speaking.speed != 1.0:
            pace = min(max(speaking.speed, _SLOWEST), _FASTEST)
            body["voice_settings"] = {"speed": pace}
        if speaking.language and model in _TOLD_LANGUAGE:
            body["language_code"] = base_of(speaking.language)
        path = f"/v1/text-to-speech/{voice}/stream?output_format=pcm_{RATE}"
        headers = {"Content-Type": "application/json", "xi-api-key": self._vendor.api_key or ""}
        spoken = False
        async with aclosing(self._wire.stream(path, headers, json.dumps(body).encode())) as pieces:
            async for pcm in pieces:
                spoken = True
                yield Sound(pcm, RATE)
        if not spoken:
            raise refusals.not_understood(self._vendor)

    async def warm_up(self) -> None:
        """Nothing to do."""
