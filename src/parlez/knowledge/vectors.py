"""Vectors as they are kept: halves of a float for the direction, and a bit for each sign."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parlez.core.ports.vectors import Vector

Bits = NDArray[np.uint8]
Directions = NDArray[np.float32]


def vector(serial: int, values: Sequence[float]) -> Vector:
    """A vector of length 1 as it is kept."""
    array = np.asarray(values, np.float32)
    return Vector(serial, code(array).tobytes(), array.astype("<f2").tobytes())


def code(array: NDArray[np.float32]) -> Bits:
    bits: Bits = np.packbits(array > 0)
    return bits


def directions(vectors: Sequence[Vector]) -> Directions:
    """Those of several vectors of one model, one in each row."""
    raw = np.frombuffer(b"".join(each.direction for each in vectors), "<f2")
    return raw.reshape(len(vectors), -1).astype(np.float32)


def distances(codes: Bits, to: Bits) -> NDArray[np.uint16]:
    """In how many bits each row differs from a code."""
    width = 8 if codes.shape[1] % 8 == 0 else 1
    words = codes.view(np.uint64) if width == 8 else codes
    other = to.view(np.uint64) if width == 8 else to
    result: NDArray[np.uint16] = np.bitwise_count(words ^ other).sum(axis=1, dtype=np.uint16)
    return result
