"""The words of a text, and which of them say what it is about."""

import re

MOST = 32
"""Words of a question that are searched for."""

_WORD = re.compile(r"[^\W_]+")

# They stand in every question and say nothing about what is asked.
_EMPTY_WORDS = """
    a about all also am an and any are as at be because been before being both but by can could
    did do does doing done each either else for from get give gives had has have having he her here
    hers him his how i if in into is it its just let many may me might more most much must my no
    nor not of off on one or other our out over own please said same say she should so some such
    tell than that the their theirs them then there these they this those through to too under
    until up upon us very was we were what when where which while who whom whose why will with
    would yes you your yours
"""
EMPTY_WORDS = frozenset(_EMPTY_WORDS.split())


def words_of(text: str) -> list[str]:
    """The words of a text, each once, in small letters."""
    return list(dict.fromkeys(word.casefold() for word in _WORD.findall(text)))


def telling_words(text: str) -> list[str]:
    """Those that say what it is about."""
    return [word for word in words_of(text) if word not in EMPTY_WORDS]


def searched_words(question: str) -> list[str]:
    """What to look for: the telling words, or all if none tells anything."""
    return (telling_words(question) or words_of(question))[:MOST]


def stem(word: str) -> str:
    """What is left of a word without its ending, roughly."""
    return word if len(word) <= 4 else word[: max(4, len(word) - 3)]


def are_alike(word: str, other: str) -> bool:
    """Whether two words differ in their endings at most, roughly."""
    if word == other:
        return True
    shared = next(
        (at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b),
        min(len(word), len(other)),
    )
    return shared >= max(4, max(len(word), len(other)) - 3)


def coverage(asked: str, text: str) -> float:
    """The share of one text's telling words that another has, whatever their endings. Long words
    and numbers count for more."""
    words = telling_words(asked)
    if not words:
        return 0.0
    said = {stem(word) for word in words_of(text)}
    covered = sum(_weight(word) for word in words if stem(word) in said)
    return covered / sum(_weight(word) for word in words)


def _weight(word: str) -> float:
    return 2.0 if word.isdigit() else min(len(word), 10) / 5
