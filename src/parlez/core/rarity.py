"""What a word counts for that is looked for: the rarer it is, the more."""

import math
from collections.abc import Mapping

COMMON = 0.5
"""The share of all texts from which on a word tells nothing."""

FEW = 1_000
"""Texts among which no word is so common that leaving it out saves anything."""

FREQUENT = 2_000
"""Texts with a word that are looked at, the newest. Of a word that more have nothing else is known
than that it is frequent."""

COUNTED = 10 * FREQUENT
"""Up to how many texts are counted at all."""


def weights(counts: Mapping[str, int], total: int) -> dict[str, float]:
    """What words count for that stand in so many of all texts: the telling ones, or all if none
    tells anything. `counts` go up to `FREQUENT`, and `total` up to `COUNTED`."""
    found = {word: count for word, count in counts.items() if count}
    telling = {
        word: count
        for word, count in found.items()
        if count < FREQUENT and (total < FEW or count <= total * COMMON)
    }
    return {
        word: math.log(1 + (max(total, count) - count + 0.5) / (count + 0.5))
        for word, count in (telling or found).items()
    }
