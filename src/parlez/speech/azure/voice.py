"""Speaking over Azure's API.

See https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.breaths import speakable
from parlez.speech.languages import regional
from parlez.speech.vendor import Vendor
from parlez.speech.wire import Session, Wire

TITLE = "Azure Speech Services"
PATH = "/cognitiveservices/v1"
RATE = 24_000

MODELS = ("neural",)
DEFAULT_VOICE = "en-US-JennyNeural"
VOICES = (
    VoiceRow(DEFAULT_VOICE, "Jenny", "female", "en-US"),
    VoiceRow("en-US-GuyNeural", "Guy", "male", "en-US"),
    VoiceRow("en-GB-SoniaNeural", "Sonia", "female", "en-GB"),
    VoiceRow("de-DE-KatjaNeural", "Katja", "female", "de-DE"),
    VoiceRow("es-ES-ElviraNeural", "Elvira", "female", "es-ES"),
    VoiceRow("fr-FR-DeniseNeural", "Denise", "female", "fr-FR"),
)


class AzureVoice:
    def __init__(self, vendor: Vendor, session: Session, **wire: Any):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = VoiceAbout(vendor.name, vendor.title, MODELS, VOICES, any_voice=True)

    @property
    def about(self) -> VoiceAbout:
        return self._about

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        if not any(map(str.isalnum, text)):
            return
        headers = {
            "Content-Type": "application/ssml+xml",
            "Ocp-Apim-Subscription-Key": self._vendor.api_key or "",
            "X-Microsoft-OutputFormat": f"raw-{RATE // 1_000}khz-16bit-mono-pcm",
            "User-Agent": "Parlez",
        }
        spoken = False
        body = ssml(text, speaking).encode()
        async with aclosing(self._wire.stream(PATH, headers, body)) as pieces:
            async for pcm in pieces:
                spoken = True
                yield Sound(pcm, RATE)
        if not spoken:
            raise refusals.not_understood(self._vendor)

    async def warm_up(self) -> None:
        """Nothing to do."""


def ssml(text: str, speaking: Speaking) -> str:
    """See https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup"""
    voice = speaking.voice or _voice_of(speaking.language)
    language = "-".join(voice.split("-")[:2])
    rate = round((speaking.speed - 1) * 100)
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
        f"xml:lang={quoteattr(language)}><voice name={quoteattr(voice)}>"
        f'<prosody rate="{rate:+d}%">{escape(speakable(text))}</prosody></voice></speak>'
    )


def _voice_of(language: str | None) -> str:
    """A voice of a language; the default one speaks any other as well as it can."""
    code = regional(language)
    named = [row.id for row in VOICES if row.language == code]
    return named[0] if named else DEFAULT_VOICE
