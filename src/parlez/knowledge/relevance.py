"""Whether a passage answers a question at all.

How near it is in meaning, and how much of what the question says it says too, make one score from 0
to 1. The weights were fitted on questions about documents, half of them about others than were
searched; see `benchmarks/retrieval.py`.
"""

import math

from parlez.core.words import coverage

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


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
