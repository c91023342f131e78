"""What of a spoken answer has been heard."""

import pytest

from parlez.realtime.playout import Playout

ANSWER = ["The first one. ", "And here is the second sentence of it. ", "The end."]


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def playout(clock: Clock) -> Playout:
    """Three sentences that were sent, of one, four and one seconds."""
    playout = Playout(clock)
    for text, seconds in zip(ANSWER, (1.0, 4.0, 1.0), strict=True):
        playout.begin_sentence(text)
        playout.send(seconds / 2)
        playout.send(seconds / 2)
    playout.end_sentence()
    return playout


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [
        (0.0, ""),
        (0.05, ""),
        (0.5, "The first"),
        (1.0, "The first one."),
        (3.0, "The first one. And here is the second"),
        (4.9, "The first one. And here is the second sentence of it."),
        (5.0, "The first one. And here is the second sentence of it."),
        (6.0, "".join(ANSWER)),
        (60.0, "".join(ANSWER)),
    ],
)
def test_what_was_heard(playout: Playout, clock: Clock, seconds: float, heard: str) -> None:
    clock.time += seconds
    assert playout.heard() == heard
    assert "".join(ANSWER).startswith(heard)


def test_time_stands_still_in_a_pause(playout: Playout, clock: Clock) -> None:
    clock.time += 1.0
    playout.pause()
    clock.time += 10.0
    assert playout.played == pytest.approx(1.0)
    playout.resume()
    clock.time += 1.5
    assert playout.played == pytest.approx(2.5)
    assert playout.ahead == pytest.approx(3.5)


def test_the_client_knows_better(playout: Playout, clock: Clock) -> None:
    clock.time += 3.0
    playout.report(1.0)
    assert playout.heard() == "The first one."
    clock.time += 0.5
    assert playout.played == pytest.approx(1.5)
    playout.report(1_000.0)
    assert playout.played == pytest.approx(6.0), "nobody has heard what was not sent"
    playout.report(-5.0)
    assert playout.played == 0.0


def test_silence_between_sentences_is_not_heard(clock: Clock) -> None:
    playout = Playout(clock)
    playout.begin_sentence("One. ")
    playout.send(1.0)
    clock.time += 5.0
    playout.begin_sentence("Two.")
    playout.send(1.0)
    assert playout.heard() == "One."
    clock.time += 0.5
    assert playout.played == pytest.approx(1.5)


def test_a_sentence_of_which_not_all_is_spoken(clock: Clock) -> None:
    playout = Playout(clock)
    playout.begin_sentence("This is a sentence of quite some length.")
    playout.send(1.0)
    clock.time += 1.0
    assert playout.heard() == "This is a sentence"


def test_what_has_no_sound_is_heard_with_what_is_before_it(clock: Clock) -> None:
    playout = Playout(clock)
    playout.begin_sentence("One. ")
    playout.send(1.0)
    playout.begin_sentence("*** ")
    playout.begin_sentence("Two.")
    playout.send(1.0)
    clock.time += 1.0
    assert playout.heard() == "One. ***"
