"""Codes in memory: those of one account, or of a part of it, made by one model."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from parlez.core.ports.vectors import Code, Vector
from parlez.knowledge import vectors
from parlez.knowledge.vectors import Bits

BLOCK = 65_536
"""Codes that are compared at a time: a few megabytes, which a processor has at hand."""

_ROOM = 1.25
"""Room that is made at once, as a multiple of what is needed: most stores grow."""


class Codes:
    """Codes with the serials of their texts, in order, and for each the number of its group, which
    `names` has. More may be added while another thread looks for candidates."""

    def __init__(self) -> None:
        self._count = 0
        self._serials: NDArray[np.int64] = np.empty(0, np.int64)
        self._bits: Bits = np.empty((0, 0), np.uint8)
        self._groups: NDArray[np.int32] = np.empty(0, np.int32)
        self._names: dict[str, int] = {}

    @property
    def last(self) -> int:
        """The greatest serial; 0 if there is none."""
        return int(self._serials[self._count - 1]) if self._count else 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self._serials.nbytes + self._bits.nbytes + self._groups.nbytes

    def add(self, found: Sequence[Code]) -> None:
        """Codes with greater serials than all that are there."""
        if not found:
            return
        raw = np.frombuffer(b"".join(code.code for code in found), np.uint8)
        bits = raw.reshape(len(found), -1)
        end = self._count + len(found)
        if end > len(self._serials):
            self._grow(max(end, int(end * _ROOM) if self._count else end), bits.shape[1])
        new = slice(self._count, end)
        self._serials[new] = [code.serial for code in found]
        self._bits[new] = bits
        self._groups[new] = [self._names.setdefault(code.group, len(self._names)) for code in found]
        self._count = end

    def candidates(
        self, direction: Sequence[float], groups: Collection[str] | None, most: int
    ) -> list[int]:
        """Serials of the texts whose codes are nearest, in no order: of some groups, or of all."""
        count = self._count
        serials, bits = self._serials[:count], self._bits[:count]
        if groups is not None:
            wanted = [self._names[name] for name in groups if name in self._names]
            among = np.isin(self._groups[:count], wanted)
            serials, bits = serials[among], bits[among]
        if len(serials) > most:
            asked = vectors.code(np.asarray(direction, np.float32))
            distances = np.empty(len(serials), np.uint16)
            for start in range(0, len(serials), BLOCK):
                block = slice(start, start + BLOCK)
                distances[block] = vectors.distances(bits[block], asked)
            nearest = np.argpartition(distances, most)[:most]
            serials = serials[nearest]
        found: list[int] = serials.tolist()
        return found

    def _grow(self, room: int, width: int) -> None:
        serials = np.empty(room, np.int64)
        bits = np.empty((room, width), np.uint8)
        groups = np.empty(room, np.int32)
        if self._count:
            serials[: self._count] = self._serials[: self._count]
            bits[: self._count] = self._bits[: self._count]
            groups[: self._count] = self._groups[: self._count]
        self._serials, self._bits, self._groups = serials, bits, groups


def nearness(found: Sequence[Vector], direction: Sequence[float]) -> dict[int, float]:
    """The cosine of the angle to a direction, by serial."""
    if not found:
        return {}
    scores = vectors.directions(found) @ np.asarray(direction, np.float32)
    return {each.serial: float(score) for each, score in zip(found, scores, strict=True)}
