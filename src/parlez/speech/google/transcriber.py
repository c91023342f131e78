"""Hearing over Google's API.

See https://docs.cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize
"""

import json
from base64 import b64encode
from typing import Any

from parlez.core.ports.transcriber import LISTEN, Heard, Hearing, TranscriberAbout, Transcript
from parlez.core.sound import HEARING_RATE, Sound
from parlez.speech import refusals
from parlez.speech.languages import regional
from parlez.speech.vendor import Vendor
from parlez.speech.wire import NONSENSE, Session, Wire

TITLE = "Google Speech-to-Text"
ADDRESS = "https://speech.googleapis.com"
PATH = "/v1/speech:recognize"

MODELS = ("latest_long", "latest_short", "default")
LONGEST_SECONDS = 60.0


class GoogleTranscriber:
    def __init__(self, vendor: Vendor, session: Session, **wire: Any):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = TranscriberAbout(
            vendor.name, vendor.title, MODELS, longest_seconds=LONGEST_SECONDS
        )

    @property
    def about(self) -> TranscriberAbout:
        return self._about

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        headers = {
            "Content-Type": "application/json",
            "X-Goog-Api-Key": self._vendor.api_key or "",
        }
        model = hearing.model or MODELS[0]
        body = json.dumps(request_body(sound, hearing, model)).encode()
        answer = await self._wire.ask(PATH, headers, body)
        try:
            return read_transcript(json.loads(answer), sound, model, hearing)
        except NONSENSE as reason:
            raise refusals.not_understood(self._vendor) from reason

    async def warm_up(self) -> None:
        """Nothing to do."""


def request_body(sound: Sound, hearing: Hearing, model: str) -> dict[str, Any]:
    config: dict[str, Any] = {
        "encoding": "LINEAR16",
        "sampleRateHertz": HEARING_RATE,
        "languageCode": regional(hearing.language),
        "model": model,
        "enableAutomaticPunctuation": True,
        "enableWordTimeOffsets": hearing.words,
    }
    if hearing.prompt:
        config["speechContexts"] = [{"phrases": [hearing.prompt[:100]]}]
    return {"config": config, "audio": {"content": b64encode(sound.pcm).decode()}}


def read_transcript(answer: Any, sound: Sound, model: str, hearing: Hearing) -> Transcript:
    """Raises one of `NONSENSE` for what is none. What holds no result holds no speech."""
    if not isinstance(answer, dict):
        raise TypeError("answer")
    segments, words = [], []
    start, language = 0.0, None
    for result in answer.get("results", ()):
        best = (result.get("alternatives") or [{}])[0]
        end = _seconds(result.get("resultEndTime", f"{sound.seconds}s"))
        text = str(best.get("transcript", "")).strip()
        if text:
            # 0 says that nobody knows.
            segments.append(Heard(text, start, end, best.get("confidence") or None))
        words += [
            Heard(str(each["word"]), _seconds(each["startTime"]), _seconds(each["endTime"]))
            for each in best.get("words", ())
        ]
        start = end
        language = result.get("languageCode", language)
    known = [part.confidence for part in segments if part.confidence is not None]
    return Transcript(
        " ".join(part.text for part in segments),
        sound.seconds,
        model,
        str(language) if language else hearing.language,
        round(sum(known) / len(known), 4) if known else None,
        tuple(segments),
        tuple(words),
    )


def _seconds(text: str) -> float:
    """A duration, like 1.300s."""
    return round(float(text.removesuffix("s")), 3)
