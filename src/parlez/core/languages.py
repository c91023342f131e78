"""Codes of languages, by which engines of speech say what they know."""

from collections.abc import Mapping
from types import MappingProxyType

from parlez.core.errors import InvalidInput

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "Arabic",
        "bn": "Bengali",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "en": "English",
        "es": "Spanish",
        "fi": "Finnish",
        "fr": "French",
        "he": "Hebrew",
        "hi": "Hindi",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
        "ko": "Korean",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "sv": "Swedish",
        "th": "Thai",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    }
)
"""What the languages that most people ask for are called."""


def base_of(code: str) -> str:
    """The language of a code, without its region: `en` of `en-US`."""
    return code.replace("_", "-").partition("-")[0].lower()


def knows(known: frozenset[str] | None, code: str | None) -> bool:
    """Whether a language is among those that an engine knows, which is None for all."""
    return code is None or known is None or base_of(code) in known


def require(code: str | None, known: frozenset[str] | None, title: str) -> None:
    """Raises `InvalidInput` for a language that an engine has not."""
    if not knows(known, code):
        raise unknown_language(title, known or frozenset())


def unknown_language(title: str, known: frozenset[str]) -> InvalidInput:
    shown = ", ".join(sorted(known)) if len(known) < 12 else f"{len(known)} others"
    return InvalidInput(
        f"{title} does not know this language. Known are: {shown}.",
        code="unknown_language",
        param="language",
    )
