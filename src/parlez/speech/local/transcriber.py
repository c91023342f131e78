"""The embedded transcriber, behind `core.ports.transcriber`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from parlez.core.languages import base_of, require
from parlez.core.ports.transcriber import LISTEN, Heard, Hearing, TranscriberAbout, Transcript
from parlez.core.sound import HEARING_RATE, Sound
from parlez.speech import languages
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.weights import missing_to_hear, only_english, whisper_weights
from parlez.speech.local.worker import Worker

NAME = "local"
TITLE = "Embedded Whisper"


class LocalTranscriber:
    """Whisper, in a process of its own. `model` is what its weights are called."""

    def __init__(self, settings: LocalSpeech):
        weights = whisper_weights(settings)
        assert weights is not None
        self._worker = Worker(
            "parlez.speech.local.hearing", TITLE, settings, missing_to_hear, whisper_weights
        )
        self._only_english = only_english(weights)
        own = settings.whisper.name if settings.whisper else "tiny.en"
        model = f"whisper-{own.removeprefix('whisper-')}"
        self._about = TranscriberAbout(
            NAME,
            TITLE,
            (model,),
            frozenset({"en"}) if self._only_english else languages.WHISPER,
            prices={model: Decimal(0)},
        )

    @property
    def about(self) -> TranscriberAbout:
        return self._about

    @property
    def pid(self) -> int | None:
        """The id of its process while that runs."""
        return self._worker.pid

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        assert sound.rate == HEARING_RATE
        require(hearing.language, self._about.languages, TITLE)
        task = {
            "language": self._language(hearing),
            "prompt": hearing.prompt,
            "words": hearing.words,
            "care": hearing.care.value,
        }
        language, segments, words = task["language"], [], []
        async for head, _ in self._worker.run(task, sound.pcm):
            if "segment" in head:
                segments.append(_heard(head["segment"]))
                words += [_heard(word) for word in head["words"]]
            else:
                language = head["language"]
        return Transcript(
            " ".join(segment.text for segment in segments),
            sound.seconds,
            self._about.models[0],
            str(language) if language else None,
            _confidence(segments),
            tuple(segments),
            tuple(words),
        )

    async def warm_up(self) -> None:
        await self._worker.warm_up()

    async def close(self) -> None:
        await self._worker.close()

    def _language(self, hearing: Hearing) -> str | None:
        if self._only_english:
            return "en"
        return base_of(hearing.language) if hearing.language else None


def _heard(told: Sequence[Any]) -> Heard:
    text, start, end, confidence = told
    return Heard(text.strip(), round(start, 3), round(end, 3), round(confidence, 4))


def _confidence(segments: Sequence[Heard]) -> float | None:
    """That of all segments, each by its length; nothing is known of silence."""
    weights = [(max(part.end - part.start, 0.01), part.confidence or 0.0) for part in segments]
    if not weights:
        return None
    whole = sum(seconds for seconds, _ in weights)
    return round(sum(seconds * each for seconds, each in weights) / whole, 4)
