"""Slowing down what needs no key, by the address that it comes from or the name it is for."""

from parlez.core.limits import CallLimit, Meter
from parlez.core.ports.clock import Clock
from parlez.core.sliding_log import SlidingLog

MOST_SUBJECTS = 10_000
"""Subjects that are remembered; the one that was first seen is forgotten for a new one."""


class Throttle:
    """At most so many calls per subject. A restart forgives: nothing is stored of addresses."""

    def __init__(self, limit: CallLimit, clock: Clock):
        self._limit = limit
        self._clock = clock
        self._logs: dict[str, SlidingLog] = {}

    def admit(self, subject: str) -> int:
        """Count a call; its time, to take it back by. Raises `RateLimited`."""
        if subject not in self._logs:
            if len(self._logs) >= MOST_SUBJECTS:
                del self._logs[next(iter(self._logs))]
            self._logs[subject] = SlidingLog(Meter(subject, (self._limit,)))
        now = self._clock.now()
        self._logs[subject].admit(now)
        return now

    def take_back(self, subject: str, time: int) -> None:
        """Uncount a call, for one that limits only what fails."""
        if subject in self._logs:
            self._logs[subject].take_back(time)
