"""Codes in memory find what is nearest, however they came there."""

from collections.abc import Sequence

import numpy as np

from parlez.core.ports.vectors import Code
from parlez.knowledge import codes, vectors
from parlez.knowledge.codes import Codes

NUMBERS = np.random.default_rng(1)
GROUPS = ("a", "b", "c")


def some(count: int, after: int = 0) -> list[Code]:
    return [Code(after + place + 1, GROUPS[place % 3], NUMBERS.bytes(48)) for place in range(count)]


def nearest(found: Sequence[Code], direction: Sequence[float], most: int) -> list[int]:
    """Distances of the nearest, counted in another way."""
    asked = vectors.code(np.asarray(direction, np.float32)).tobytes()
    return sorted(
        (int.from_bytes(each.code) ^ int.from_bytes(asked)).bit_count() for each in found
    )[:most]


def test_the_nearest_are_found_in_blocks_and_added_ones_too() -> None:
    kept = Codes()
    everything: list[Code] = []
    for count in (10, 1, 500, 0, 2_000):
        new = some(count, kept.last)
        everything += new
        kept.add(new)
        assert kept.last == len(everything)
    direction = NUMBERS.standard_normal(384).tolist()
    by_serial = {each.serial: each for each in everything}
    for block in (codes.BLOCK, 100):
        codes_before, codes.BLOCK = codes.BLOCK, block
        try:
            found = kept.candidates(direction, None, 50)
        finally:
            codes.BLOCK = codes_before
        assert len({*found}) == 50
        assert nearest([by_serial[each] for each in found], direction, 50) == nearest(
            everything, direction, 50
        )


def test_groups_are_kept_apart() -> None:
    kept = Codes()
    everything = some(30)
    kept.add(everything)
    direction = [1.0] * 384
    for wanted in (("a",), ("b", "c"), ("nobody",), ()):
        found = {*kept.candidates(direction, wanted, 100)}
        assert found == {each.serial for each in everything if each.group in wanted}
