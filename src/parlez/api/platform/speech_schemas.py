"""Speech, as the platform spells it."""

from typing import Annotated

from pydantic import BaseModel, Field

from parlez.core.ports.transcriber import Heard, Transcript
from parlez.http.fields import Label, Text

LanguageCode = Annotated[
    Text,
    Field(
        min_length=2,
        max_length=35,
        pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$",
        description="A code like `en` or `en-US`.",
        examples=["en"],
    ),
]
Provider = Annotated[Label, Field(description="One of `/api/speech/providers`, else the first.")]
SpeechModel = Annotated[Label, Field(description="A model of speech; else the provider's own.")]


class TranscribeFields(BaseModel):
    provider: Provider | None = None
    language_code: LanguageCode | None = None
    model: SpeechModel | None = None
    prompt: Annotated[
        Text | None,
        Field(max_length=1_000, description="Names and words that are likely to come."),
    ] = None
    words: bool = Field(False, description="Whether to tell the time of every word.")


class HeardResponse(BaseModel):
    text: str
    start: float = Field(description="In seconds.")
    end: float
    confidence: float | None


class TranscribeResponse(BaseModel):
    """`confidence` is from 0 to 1, 0 where nothing was said, and null where the provider does not
    tell."""

    text: str
    detected_language: str | None
    confidence: float | None
    duration: float = Field(description="Seconds of sound.")
    provider: str
    model: str
    segments: list[HeardResponse]
    words: list[HeardResponse]


class ProvidersResponse(BaseModel):
    providers: dict[str, str] = Field(description="What can be used now, by name.")
    unavailable: dict[str, str] = Field(description="What cannot be used, and why.")
    languages: dict[str, list[str] | None] = Field(
        description="What each provider knows; null for one that does not say."
    )
    default: str | None


def transcribed(provider: str, found: Transcript) -> TranscribeResponse:
    return TranscribeResponse(
        text=found.text,
        detected_language=found.language,
        confidence=found.confidence if found.text else 0.0,
        duration=round(found.seconds, 3),
        provider=provider,
        model=found.model,
        segments=[_heard(part) for part in found.segments],
        words=[_heard(word) for word in found.words],
    )


def _heard(part: Heard) -> HeardResponse:
    return HeardResponse(text=part.text, start=part.start, end=part.end, confidence=part.confidence)
