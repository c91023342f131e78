"""An engine that says texts aloud."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from parlez.core.sound import Sound


def _unknown() -> Mapping[str, Decimal]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One voice of an engine. `language` is a code of BCP 47, None for a voice of all languages;
    `gender` is male, female or neutral, None where nobody says."""

    id: str
    name: str
    gender: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class VoiceAbout:
    """`name` is for programs, `title` for people. `languages` are codes of ISO 639-1, None where
    the engine takes whichever there is. `voices` and `models` begin with those that are used where
    none is named; where `any_voice` is true the vendor has more voices than are known here.
    `longest_text` is in characters. `prices` are those of the models in micro-dollars for a
    character, where they are known."""

    name: str
    title: str
    models: tuple[str, ...]
    voices: tuple[VoiceRow, ...]
    languages: frozenset[str] | None = None
    any_voice: bool = False
    longest_text: int | None = None
    prices: Mapping[str, Decimal] = field(default_factory=_unknown)


@dataclass(frozen=True, slots=True)
class Speaking:
    """How to speak. `voice` is an id among the engine's; `speed` multiplies the usual pace."""

    voice: str | None = None
    model: str | None = None
    language: str | None = None
    speed: float = 1.0


SPEAK = Speaking()


class Voice(Protocol):
    """Any number of texts may be spoken at once; an engine bounds what it does at a time, and
    refuses with `ModelOverloaded` what it could not even keep waiting."""

    @property
    def about(self) -> VoiceAbout: ...

    def speak(self, text: str, speaking: Speaking = SPEAK) -> AsyncGenerator[Sound, None]:
        """Say a text, in pieces as they come: the first as soon as there is a sentence, none of
        them empty, all of one rate. A text without a word yields nothing. Closing the generator
        lets go of the rest. Raises `ModelError`, and `InvalidInput` for a voice or a language that
        the engine has not."""
        ...

    async def warm_up(self) -> None:
        """Get ready where that takes time, so that the next call need not wait for it. Raises
        `ModelError`."""
        ...
