"""Hearing over Azure's API for fast transcription.

See https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create
"""

import json
from typing import Any

from parlez.core.ports.transcriber import LISTEN, Heard, Hearing, TranscriberAbout, Transcript
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.files.wav import wav_of
from parlez.speech.languages import regional
from parlez.speech.vendor import Vendor
from parlez.speech.wire import NONSENSE, Session, Wire, form_data

TITLE = "Azure Speech Services"
PATH = "/speechtotext/transcriptions:transcribe?api-version=2024-11-15"

MODELS = ("fast",)


class AzureTranscriber:
    def __init__(self, vendor: Vendor, session: Session, **wire: Any):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = TranscriberAbout(vendor.name, vendor.title, MODELS, longest_seconds=7_200.0)

    @property
    def about(self) -> TranscriberAbout:
        return self._about

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        # Without a language it finds out among all that it knows.
        locales = [regional(hearing.language)] if hearing.language else []
        definition = json.dumps({"locales": locales, "profanityFilterMode": "None"})
        kind, body = form_data(
            [("definition", definition)], "audio", "speech.wav", "audio/wav", wav_of(sound)
        )
        headers = {"Content-Type": kind, "Ocp-Apim-Subscription-Key": self._vendor.api_key or ""}
        answer = await self._wire.ask(PATH, headers, body)
        try:
            return read_transcript(json.loads(answer), sound, hearing)
        except NONSENSE as reason:
            raise refusals.not_understood(self._vendor) from reason

    async def warm_up(self) -> None:
        """Nothing to do."""


def read_transcript(answer: Any, sound: Sound, hearing: Hearing) -> Transcript:
    """Raises one of `NONSENSE` for what is none."""
    text = " ".join(str(part["text"]) for part in answer["combinedPhrases"]).strip()
    phrases = answer.get("phrases") or ()
    segments = [_heard(phrase, phrase.get("confidence")) for phrase in phrases]
    words = [_heard(word) for phrase in phrases for word in phrase.get("words") or ()]
    language = next((str(phrase["locale"]) for phrase in phrases if phrase.get("locale")), None)
    known = [part.confidence for part in segments if part.confidence is not None]
    return Transcript(
        text,
        sound.seconds,
        MODELS[0],
        language or hearing.language,
        round(sum(known) / len(known), 4) if known else None,
        tuple(segments),
        tuple(words) if hearing.words else (),
    )


def _heard(told: Any, confidence: float | None = None) -> Heard:
    start = int(told["offsetMilliseconds"])
    end = start + int(told["durationMilliseconds"])
    known = None if confidence is None else float(confidence)
    return Heard(str(told["text"]), start / 1_000, end / 1_000, known)
