"""Engines of speech that hear and say what they are told to."""

import asyncio
import math
import struct
from collections.abc import AsyncGenerator, Callable, Iterable

from parlez.core.errors import InvalidInput, ModelError
from parlez.core.ports.transcriber import LISTEN, Heard, Hearing, TranscriberAbout, Transcript
from parlez.core.ports.voice import SPEAK, Speaking, VoiceAbout, VoiceRow
from parlez.core.ports.voice_activity import WINDOW_SAMPLES
from parlez.core.sentences import sentences
from parlez.core.sound import SAMPLE_BYTES, Sound

_LANGUAGES = frozenset({"en"})
_LOUDNESS = 12_000
_AUDIBLE = 1_000


class ScriptedTranscriber:
    """Implements `core.ports.transcriber.Transcriber` and keeps the sounds it got in `heard`.

    `texts` are heard one after the other, or made by a function of the sound; a `ModelError` among
    them is raised. Each takes `seconds`.
    """

    def __init__(
        self,
        texts: Iterable[str | ModelError] | Callable[[Sound], str | ModelError],
        *,
        name: str = "scripted",
        seconds: float = 0.0,
    ):
        self.heard: list[Sound] = []
        self.warmed = 0
        remaining = iter(()) if callable(texts) else iter(texts)
        self._text = texts if callable(texts) else lambda _: next(remaining)
        self._seconds = seconds
        self._about = TranscriberAbout(name, "Scripted", ("scripted-1",), _LANGUAGES)

    @property
    def about(self) -> TranscriberAbout:
        return self._about

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        _require(hearing.language)
        self.heard.append(sound)
        await asyncio.sleep(self._seconds)
        text = self._text(sound)
        if isinstance(text, ModelError):
            raise text
        said = (Heard(text, 0.0, round(sound.seconds, 3), 0.9),) if text else ()
        words = tuple(Heard(word, 0.0, 0.0, 0.9) for word in text.split()) if hearing.words else ()
        confidence = 0.9 if text else None
        return Transcript(text, sound.seconds, "scripted-1", "en", confidence, said, words)

    async def warm_up(self) -> None:
        self.warmed += 1


class ScriptedActivity:
    """Implements `core.ports.voice_activity.VoiceActivity`: whatever is loud is a voice. With
    `error` it is raised instead."""

    def __init__(self, error: ModelError | None = None):
        self.warmed = 0
        self._error = error

    def stream(self) -> "ScriptedActivity":
        return self

    async def judge(self, pcm: bytes) -> list[float]:
        if self._error:
            raise self._error
        size = WINDOW_SAMPLES * SAMPLE_BYTES
        windows = [pcm[place : place + size] for place in range(0, len(pcm), size)]
        return [float(max(memoryview(window).cast("h")) > _AUDIBLE) for window in windows]

    async def warm_up(self) -> None:
        self.warmed += 1


class ScriptedVoice:
    """Implements `core.ports.voice.Voice` and keeps the texts it got in `said`.

    A sentence becomes a tone that lasts `seconds_per_word`, and takes `seconds` to be made;
    `error` is raised after so many sentences as `good` says.
    """

    def __init__(
        self,
        *,
        name: str = "scripted",
        rate: int = 16_000,
        seconds_per_word: float = 0.2,
        seconds: float = 0.0,
        error: ModelError | None = None,
        good: int = 0,
    ):
        self.said: list[str] = []
        self.warmed = 0
        self._rate = rate
        self._per_word = seconds_per_word
        self._seconds = seconds
        self._error = error
        self._good = good
        voices = (VoiceRow("tone", "Tone", "neutral", "en"),)
        self._about = VoiceAbout(name, "Scripted", ("scripted-1",), voices, _LANGUAGES)

    @property
    def about(self) -> VoiceAbout:
        return self._about

    async def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        _require(speaking.language)
        if speaking.voice not in (None, "tone"):
            raise InvalidInput("There is no such voice.", code="unknown_voice", param="voice")
        self.said.append(text)
        spoken = [text[start:end] for start, end in sentences(text)]
        for place, sentence in enumerate(each for each in spoken if any(map(str.isalnum, each))):
            await asyncio.sleep(self._seconds)
            if self._error and place >= self._good:
                raise self._error
            yield self._tone(len(sentence.split()) * self._per_word / speaking.speed)
        if self._error:
            raise self._error

    async def warm_up(self) -> None:
        self.warmed += 1

    def _tone(self, seconds: float) -> Sound:
        step = 2 * math.pi * 220 / self._rate
        samples = [int(_LOUDNESS * math.sin(step * n)) for n in range(int(seconds * self._rate))]
        return Sound(struct.pack(f"<{len(samples)}h", *samples), self._rate)


def _require(language: str | None) -> None:
    if language is not None and not language.lower().startswith("en"):
        raise InvalidInput("This language is not known.", code="unknown_language")
