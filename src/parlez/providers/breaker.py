"""Leaving a vendor alone that is down, so that it does not slow whoever could do without it."""

from collections.abc import Callable
from enum import StrEnum

MOST_FAILURES = 5
"""Failures in a row after which a vendor is taken to be down."""

PAUSE_SECONDS = 30.0
"""How long it is left alone then."""


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One per vendor. Closed, all calls pass. It opens after some failures in a row and refuses
    all for a while; then it is half open: one call passes, whose end closes it or opens it again.

    `now` tells the time in seconds, from any start.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._now() < self._open_until else State.HALF_OPEN

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures

    def admit(self) -> float | None:
        """None lets a call pass, which must tell by one of the methods below how it went; else the
        seconds until one may."""
        if self._open_until is None:
            return None
        left = self._open_until - self._now()
        if left > 0:
            return left
        if self._trying:
            return 1.0
        self._trying = True
        return None

    def succeeded(self) -> None:
        """The vendor answered, be it with a refusal."""
        self._failures, self._open_until, self._trying = 0, None, False

    def failed(self) -> None:
        """The vendor is down, or seems so."""
        self._failures += 1
        if self._trying or self._failures >= MOST_FAILURES:
            self._open_until = self._now() + PAUSE_SECONDS
        self._trying = False

    def gave_up(self) -> None:
        """The caller left, which says nothing of the vendor."""
        self._trying = False
