"""Where what somebody says begins and ends."""

from collections.abc import Sequence

import pytest

from parlez.realtime.endpointing import WINDOW_SECONDS, Change, Endpointer, Manner

WINDOW = bytes(1024)


def changes(endpointer: Endpointer, likelihoods: Sequence[float]) -> list[tuple[float, Change]]:
    """What changed, and after how many seconds."""
    found = [(place, endpointer.add(WINDOW, each)) for place, each in enumerate(likelihoods, 1)]
    return [(round(place * WINDOW_SECONDS, 3), change) for place, change in found if change]


def test_a_sentence() -> None:
    endpointer = Endpointer(Manner())
    assert changes(endpointer, [0.1] * 100 + [0.9] * 50 + [0.1] * 16) == [
        (3.232, Change.BEGAN),
        (5.024, Change.PAUSED),
        (5.312, Change.ENDED),
    ]
    # With a little of what was before it, but not all the silence.
    assert endpointer.sound.seconds == pytest.approx((50 + 16 + 9) * WINDOW_SECONDS)
    assert endpointer.voiced == pytest.approx(1.6)
    endpointer.forget()
    assert not endpointer.speaking


def test_speech_that_goes_on() -> None:
    endpointer = Endpointer(Manner())
    found = changes(endpointer, [0.9] * 10 + [0.1] * 8 + [0.9] * 10 + [0.1] * 16)
    assert [change for _, change in found] == [
        *(Change.BEGAN, Change.PAUSED, Change.WENT_ON, Change.PAUSED, Change.ENDED)
    ]


def test_a_short_pause_is_none() -> None:
    endpointer = Endpointer(Manner())
    assert changes(endpointer, [0.9] * 10 + [0.1] * 5 + [0.9] * 10) == [(0.032, Change.BEGAN)]


def test_a_voice_that_fades_is_one() -> None:
    endpointer = Endpointer(Manner())
    assert changes(endpointer, [0.4] * 20) == []
    assert changes(endpointer, [0.9] + [0.4] * 40) == [(0.032, Change.BEGAN)]


def test_a_click_is_noise() -> None:
    endpointer = Endpointer(Manner())
    assert changes(endpointer, [0.9] * 2 + [0.1] * 20) == [
        (0.032, Change.BEGAN),
        (0.288, Change.WAS_NOISE),
    ]
    assert not endpointer.speaking


def test_nothing_is_longer_than_it_may() -> None:
    endpointer = Endpointer(Manner(longest=2.0))
    assert changes(endpointer, [0.9] * 70)[1] == (2.016, Change.ENDED)
