"""Transcripts, as OpenAI's clients read them."""

import math
from collections.abc import Sequence

from parlez.api.openai.audio_schemas import (
    DurationUsage,
    Transcription,
    TranscriptionSegment,
    TranscriptionWord,
    VerboseTranscription,
)
from parlez.core.languages import NAMES, base_of
from parlez.core.ports.transcriber import Heard, Transcript

_LEAST_CONFIDENCE = 1e-4


def plain(found: Transcript) -> Transcription:
    return Transcription(text=found.text, usage=_usage(found))


def verbose(found: Transcript, granularities: Sequence[str]) -> VerboseTranscription:
    language = base_of(found.language or "")
    return VerboseTranscription(
        language=NAMES.get(language, language).lower(),
        duration=round(found.seconds, 3),
        text=found.text,
        segments=[_segment(place, part) for place, part in enumerate(_parts(found))]
        if "segment" in granularities
        else None,
        words=[
            TranscriptionWord(word=word.text, start=word.start, end=word.end)
            for word in found.words
        ]
        if "word" in granularities
        else None,
        usage=_usage(found),
    )


def srt(found: Transcript) -> str:
    """See https://en.wikipedia.org/wiki/SubRip"""
    return "".join(
        f"{number}\n{_clock(part.start, ',')} --> {_clock(part.end, ',')}\n{_line(part)}\n\n"
        for number, part in enumerate(_parts(found), 1)
    )


def vtt(found: Transcript) -> str:
    """See https://www.w3.org/TR/webvtt1/"""
    cues = "".join(
        f"{_clock(part.start, '.')} --> {_clock(part.end, '.')}\n{_line(part)}\n\n"
        for part in _parts(found)
    )
    return f"WEBVTT\n\n{cues}"


def _parts(found: Transcript) -> Sequence[Heard]:
    """Its segments; all of it where the engine tells none."""
    if found.segments or not found.text:
        return found.segments
    return (Heard(found.text, 0.0, round(found.seconds, 3), found.confidence),)


def _segment(place: int, part: Heard) -> TranscriptionSegment:
    confidence = 1.0 if part.confidence is None else part.confidence
    return TranscriptionSegment(
        id=place,
        seek=0,
        start=part.start,
        end=part.end,
        text=part.text,
        tokens=[],
        temperature=0.0,
        avg_logprob=round(math.log(max(confidence, _LEAST_CONFIDENCE)), 4),
        compression_ratio=1.0,
        no_speech_prob=0.0,
    )


def _usage(found: Transcript) -> DurationUsage:
    return DurationUsage(seconds=math.ceil(found.seconds))


def _line(part: Heard) -> str:
    """What a cue may hold: neither an empty line nor an arrow ends it."""
    return " ".join(part.text.split()).replace("-->", "->")


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1_000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1_000:02}{mark}{rest % 1_000:03}"
