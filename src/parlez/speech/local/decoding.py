"""Frames of a sentence made into sound from front to back, so that its beginning is heard while
the rest is still to be made. Only to be used in the process that speaks."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FIRST = 48
"""Frames that are made into sound at first. At 22,050 Hz they last 0.56 s; what follows is twice as
long each time, and there sooner than what comes before it is over."""

MARGIN = 16
"""Frames to either side of a piece that are made into sound with it, and left out of it. What is
farther away makes no difference: by its kernels a decoder of Piper's looks 11 frames far, and one
of high quality 14."""


def in_pieces(
    frames: "np.ndarray[Any, Any]",
    decode: "Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]",
) -> "Iterator[np.ndarray[Any, Any]]":
    """The sound of frames (channels, count), piece by piece: joined, what `decode` makes of them
    all. It gives as many samples for each frame."""
    count = frames.shape[1]
    start, size = 0, FIRST
    while start < count:
        end = min(start + size, count)
        first, last = max(start - MARGIN, 0), min(end + MARGIN, count)
        sound = decode(frames[:, first:last])
        samples = len(sound) // (last - first)
        yield sound[(start - first) * samples : (end - first) * samples]
        start, size = end, size * 2
