"""Making one ranking of two.

Both scores are set against the best of their kind, and then count the same. Reciprocal ranks throw
away by how much one is better than the next, and found the right paragraph less often; see
docs/decisions/0005.
"""

from collections.abc import Mapping

WORDS = 0.5
"""What words count for, of 1."""


def fused(words: Mapping[int, float], nearness: Mapping[int, float]) -> list[int]:
    """All that stands in either, best first. Without any nearness words alone decide."""
    most_words = max(words.values(), default=0.0) or 1.0
    nearest = max(nearness.values(), default=0.0)
    nearest = nearest if nearest > 0 else 1.0

    def score(serial: int) -> float:
        by_words = words.get(serial, 0.0) / most_words
        by_meaning = max(nearness.get(serial, 0.0), 0.0) / nearest
        return WORDS * by_words + (1 - WORDS) * by_meaning

    return sorted({*words, *nearness}, key=lambda serial: (-score(serial), serial))
