"""Hearing over OpenAI's API.

See https://developers.openai.com/api/reference/resources/audio/subresources/transcriptions/methods/create
"""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from parlez.core.languages import NAMES, base_of, require
from parlez.core.ports.transcriber import LISTEN, Heard, Hearing, TranscriberAbout, Transcript
from parlez.core.sound import Sound
from parlez.speech import refusals
from parlez.speech.files.wav import wav_of
from parlez.speech.languages import WHISPER
from parlez.speech.vendor import Vendor
from parlez.speech.wire import NONSENSE, Session, Wire, form_data

PATH = "/audio/transcriptions"
TITLE = "OpenAI Whisper"

MODELS = ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
PRICES: Mapping[str, Decimal] = {
    # https://developers.openai.com/api/docs/pricing: by the minute, here by the millisecond.
    "whisper-1": Decimal("0.1"),
    "gpt-4o-transcribe": Decimal("0.1"),
    "gpt-4o-mini-transcribe": Decimal("0.05"),
}

_MOST_BYTES = 25_000_000
_CODES = {name.lower(): code for code, name in NAMES.items()}


class OpenAITranscriber:
    """`models` and `prices` are those of whoever serves."""

    def __init__(
        self,
        vendor: Vendor,
        session: Session,
        models: Sequence[str] = MODELS,
        prices: Mapping[str, Decimal] = PRICES,
        **wire: Any,
    ):
        self._vendor = vendor
        self._wire = Wire(vendor, session, **wire)
        self._about = TranscriberAbout(
            vendor.name,
            vendor.title,
            tuple(models),
            WHISPER,
            longest_seconds=_MOST_BYTES // 32_000,
            prices=prices,
        )

    @property
    def about(self) -> TranscriberAbout:
        return self._about

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        require(hearing.language, self._about.languages, self._vendor.title)
        model = hearing.model or self._about.models[0]
        kind, body = form_data(
            request_fields(model, hearing), "file", "speech.wav", "audio/wav", wav_of(sound)
        )
        key = self._vendor.api_key
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {key}"} if key else {})}
        answer = await self._wire.ask(PATH, headers, body)
        try:
            return read_transcript(json.loads(answer), sound, model, hearing)
        except NONSENSE as reason:
            raise refusals.not_understood(self._vendor) from reason

    async def warm_up(self) -> None:
        """Nothing to do."""


def request_fields(model: str, hearing: Hearing) -> list[tuple[str, str]]:
    fields = [("model", model)]
    if hearing.language:
        fields.append(("language", base_of(hearing.language)))
    if hearing.prompt:
        fields.append(("prompt", hearing.prompt))
    if _tells_tokens(model):
        return [*fields, ("response_format", "json"), ("include[]", "logprobs")]
    fields.append(("response_format", "verbose_json"))
    fields.append(("timestamp_granularities[]", "segment"))
    if hearing.words:
        fields.append(("timestamp_granularities[]", "word"))
    return fields


def read_transcript(answer: Any, sound: Sound, model: str, hearing: Hearing) -> Transcript:
    """Raises one of `NONSENSE` for what is none."""
    text = answer["text"]
    if not isinstance(text, str):
        raise TypeError("text")
    segments = [_segment(each) for each in answer.get("segments") or ()]
    words = [
        Heard(str(each["word"]).strip(), float(each["start"]), float(each["end"]))
        for each in answer.get("words") or ()
    ]
    told = answer.get("language")
    language = _CODES.get(told.lower(), told) if isinstance(told, str) else None
    return Transcript(
        text.strip(),
        sound.seconds,
        model,
        language or (base_of(hearing.language) if hearing.language else None),
        _confidence(answer.get("logprobs"), segments) if text.strip() else None,
        tuple(segments),
        tuple(words),
    )


def _segment(told: Any) -> Heard:
    logprob = told.get("avg_logprob")
    confidence = None if logprob is None else math.exp(min(0.0, float(logprob)))
    return Heard(
        str(told["text"]).strip(), float(told["start"]), float(told["end"]), _rounded(confidence)
    )


def _confidence(logprobs: Any, segments: Sequence[Heard]) -> float | None:
    if logprobs:
        each = [float(token["logprob"]) for token in logprobs]
        return _rounded(math.exp(min(0.0, sum(each) / len(each))))
    known = [part for part in segments if part.confidence is not None]
    if not known:
        return None
    weights = [max(part.end - part.start, 0.01) for part in known]
    total = sum(w * (part.confidence or 0) for w, part in zip(weights, known, strict=True))
    return _rounded(total / sum(weights))


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)


def _tells_tokens(model: str) -> bool:
    """These models answer with nothing but the text, and how sure they are of each token."""
    return model.startswith("gpt-")
