"""Whether a passage answers a question at all.

How near it is in meaning, and how much of what the question says it says too, make one score from 0
to 1. The weights were fitted on questions about documents, half of them about others than were
searched; see `benchmarks/retrieval.py`.
"""

import math
from collections.abc import Sequence

from parlez.knowledge.words import telling_words, words_of

RELEVANT = 0.5
"""The score from which on a passage is one to answer from."""

_BIAS, _NEARNESS, _COVERAGE = -5.6, 10.0, 4.0
_WORDS_BIAS, _WORDS_COVERAGE = -3.0, 6.0


def score(question: str, text: str, nearness: float | None) -> float:
    """`nearness` is the cosine of the angle between the two, None if there is no embedder."""
    covered = coverage(question, text)
    if nearness is None:
        return _logistic(_WORDS_BIAS + _WORDS_COVERAGE * covered)
    return _logistic(_BIAS + _NEARNESS * nearness + _COVERAGE * covered)


def coverage(question: str, text: str) -> float:
    """The share of a question's telling words that a text has, whatever their endings."""
    asked = telling_words(question)
    if not asked:
        return 0.0
    said = {_stem(word) for word in words_of(text)}
    return sum(_weight(word) for word in asked if _stem(word) in said) / _sum(asked)


def _sum(words: Sequence[str]) -> float:
    return sum(_weight(word) for word in words)


def _weight(word: str) -> float:
    """Long words and numbers say more."""
    return 2.0 if word.isdigit() else min(len(word), 10) / 5


def _stem(word: str) -> str:
    return word if len(word) <= 4 else word[: max(4, len(word) - 3)]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
