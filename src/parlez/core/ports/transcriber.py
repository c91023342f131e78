"""An engine that writes down what is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from parlez.core.sound import Sound


def _unknown() -> Mapping[str, Decimal]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TranscriberAbout:
    """`name` is for programs, `title` for people. `languages` are codes of ISO 639-1, None where
    the engine takes whichever there is; `models` begins with the one that is used where none is
    named. What is longer than `longest_seconds` the engine does not take. `prices` are those of the
    models in micro-dollars for a millisecond, where they are known."""

    name: str
    title: str
    models: tuple[str, ...]
    languages: frozenset[str] | None = None
    longest_seconds: float | None = None
    prices: Mapping[str, Decimal] = field(default_factory=_unknown)


class Care(Enum):
    """How well to listen: as well as can be; a little less so, because somebody waits to be
    answered; or for a first impression. Engines that know but one way take that."""

    FULL = "full"
    BRISK = "brisk"
    GLIMPSE = "glimpse"


@dataclass(frozen=True, slots=True)
class Hearing:
    """How to listen. `language` is a code of ISO 639-1 or a longer one of BCP 47 that begins with
    it, None where the engine is to find out. `prompt` may tell of names and words that are likely
    to come. `words` asks for the time of every word, where the engine can tell."""

    language: str | None = None
    model: str | None = None
    prompt: str | None = None
    words: bool = False
    care: Care = Care.FULL


LISTEN = Hearing()


@dataclass(frozen=True, slots=True)
class Heard:
    """A part of what was said, from `start` to `end` in seconds. `confidence` is from 0 to 1, None
    where the engine does not tell."""

    text: str
    start: float
    end: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in `seconds` of sound; an empty text where nothing was. `language` is a code of
    ISO 639-1, or longer of BCP 47, None where nobody knows. `segments` and `words` are there where
    the engine tells them."""

    text: str
    seconds: float
    model: str
    language: str | None = None
    confidence: float | None = None
    segments: tuple[Heard, ...] = ()
    words: tuple[Heard, ...] = ()


class Transcriber(Protocol):
    """Any number of calls may be made at once; an engine bounds what it does at a time, and refuses
    with `ModelOverloaded` what it could not even keep waiting."""

    @property
    def about(self) -> TranscriberAbout: ...

    async def transcribe(self, sound: Sound, hearing: Hearing = LISTEN) -> Transcript:
        """The whole of a sound at `HEARING_RATE`. Cancelling it lets go of the work that is not yet
        done. Raises `ModelError`, and `InvalidInput` for a language that the engine has not."""
        ...

    async def warm_up(self) -> None:
        """Get ready where that takes time, so that the next call need not wait for it. Raises
        `ModelError`."""
        ...
