"""Making one ranking of several."""

from collections.abc import Sequence

K = 60
"""How little the first places count for more than the next."""


def fused(*rankings: Sequence[int]) -> list[int]:
    """By reciprocal rank: what stands high in several rankings comes first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, each in enumerate(ranking, 1):
            scores[each] = scores.get(each, 0.0) + 1 / (K + rank)
    return sorted(scores, key=lambda each: (-scores[each], each))
