"""Sound that is made piece by piece is the sound that is made at once."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parlez.speech.local.decoding import FIRST, MARGIN, in_pieces

SAMPLES = 4

Decode = Callable[[np.ndarray], np.ndarray]


def decoder(sight: int) -> Decode:
    """Of each frame `SAMPLES` samples, which tell what stands up to `sight` frames from it."""

    def decode(frames: np.ndarray) -> np.ndarray:
        summed = np.convolve(frames.sum(axis=0), np.arange(1, 2 * sight + 2), "full")
        near = summed[sight : sight + frames.shape[1]]
        return (near[:, None] * np.arange(1, SAMPLES + 1)).reshape(-1)

    return decode


@given(st.integers(1, 1_000), st.integers(0, MARGIN), st.integers(0, 2**32 - 1))
def test_the_pieces_are_the_whole(count: int, sight: int, seed: int):
    frames = np.random.default_rng(seed).integers(-1_000, 1_000, (3, count))
    decode = decoder(sight)
    assert np.array_equal(np.concatenate(list(in_pieces(frames, decode))), decode(frames))


def test_the_first_comes_before_the_rest_is_made():
    made: list[int] = []

    def decode(frames: np.ndarray) -> np.ndarray:
        made.append(frames.shape[1])
        return decoder(2)(frames)

    pieces = in_pieces(np.ones((3, 900), int), decode)
    assert len(next(pieces)) == FIRST * SAMPLES
    assert made == [FIRST + MARGIN]
    lengths = [len(piece) // SAMPLES for piece in pieces]
    assert lengths == [FIRST * 2, FIRST * 4, FIRST * 8, 900 - FIRST * 15]
