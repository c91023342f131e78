"""Speaking over Google's API, sentence by sentence: it answers only once it has said all.

See https://docs.cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize
"""

import json
from base64 import b64decode
from collections.abc import AsyncGenerator
from typing import Any

from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.breaths import breaths
from parlez.speech.files.wav import samples_of
from parlez.speech.languages import regional
from parlez.speech.vendor import Vendor
from parlez.speech.wire import NONSENSE, Session, Wire

TITLE = "Google Text-to-Speech"
ADDRESS = "https://texttospeech.googleapis.com"
PATH = "/v1/text:synthesize"
RATE = 24_000

MODELS = ("neural2",)
DEFAULT_VOICE = "en-US-Neural2-C"
VOICES = (
    VoiceRow(DEFAULT_VOICE, "Neural2 C", "female", "en-US"),
    VoiceRow("en-US-Neural2-D", "Neural2 D", "male", "en-US"),
    VoiceRow("en-GB-Neural2-A", "Neural2 A", "female", "en-GB"),
)


class GoogleVoice:
    def __init__(self, vendor: Vendor, session: Session, **wire: Any):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = VoiceAbout(vendor.name, vendor.title, MODELS, VOICES, any_voice=True)

    @property
    def about(self) -> VoiceAbout:
        return self._about

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        headers = {
            "Content-Type": "application/json",
            "X-Goog-Api-Key": self._vendor.api_key or "",
        }
        for breath in breaths(text):
            body = json.dumps(request_body(breath, speaking)).encode()
            answer = await self._wire.ask(PATH, headers, body)
            try:
                file = b64decode(json.loads(answer)["audioContent"], validate=True)
                pcm = samples_of(file)
            except NONSENSE as reason:
                raise refusals.not_understood(self._vendor) from reason
            if not pcm:
                raise refusals.not_understood(self._vendor)
            yield Sound(pcm, RATE)

    async def warm_up(self) -> None:
        """Nothing to do."""


def request_body(text: str, speaking: Speaking) -> dict[str, Any]:
    voice = speaking.voice
    if voice is None and speaking.language is None:
        voice = DEFAULT_VOICE
    # A voice is called after its language, which must be told all the same.
    language = "-".join(voice.split("-")[:2]) if voice else regional(speaking.language)
    return {
        "input": {"text": text},
        "voice": {"languageCode": language, **({"name": voice} if voice else {})},
        "audioConfig": {
            "audioEncoding": "LINEAR16",
            "sampleRateHertz": RATE,
            "speakingRate": speaking.speed,
        },
    }
