"""Counting calls exactly."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from parlez.core.errors import RateLimited
from parlez.core.limits import Allowance, CallLimit, Meter

MICROSECONDS = 1_000_000


class SlidingLog:
    """The times of one meter's calls, as far back as its limits look, in microseconds. No span of
    a limit's length ever holds more calls than the limit, wherever it begins."""

    def __init__(self, meter: Meter, times: Iterable[int] = ()):
        self._limits = meter.limits
        self._longest = meter.longest_seconds * MICROSECONDS
        self._times = sorted(times)

    def admit(self, now: int) -> None:
        """Count a call now. Raises `RateLimited` if a limit is in its way."""
        del self._times[: bisect_right(self._times, now - self._longest)]
        refused = [refusal for limit in self._limits if (refusal := self._refusal(limit, now))]
        if refused:
            longest = max(refused, key=lambda refusal: refusal[1])
            raise _rate_limited(*longest, self.allowances(now), now)
        # The clock may have been set back; the log stays in order.
        self._times.insert(bisect_right(self._times, now), now)

    def take_back(self, time: int) -> None:
        """Uncount a call that came to nothing."""
        place = bisect_left(self._times, time)
        if place < len(self._times) and self._times[place] == time:
            del self._times[place]

    def allowances(self, now: int) -> tuple[Allowance, ...]:
        """How each limit stands."""
        return tuple(self._allowance(limit, now) for limit in self._limits)

    def _allowance(self, limit: CallLimit, now: int) -> Allowance:
        length = limit.seconds * MICROSECONDS
        within = self._times[bisect_right(self._times, now - length) :]
        # Where nothing was called yet, the whole length is what a caller could count on.
        free_at = within[0] + length if within else now + length
        return Allowance(limit, max(limit.calls - len(within), 0), (free_at - now) / MICROSECONDS)

    def _refusal(self, limit: CallLimit, now: int) -> tuple[CallLimit, int] | None:
        if len(self._times) < limit.calls:
            return None
        free_at = self._times[-limit.calls] + limit.seconds * MICROSECONDS
        return (limit, free_at) if free_at > now else None


def _rate_limited(
    limit: CallLimit, free_at: int, allowances: tuple[Allowance, ...], now: int
) -> RateLimited:
    wait = (free_at - now) / MICROSECONDS
    return RateLimited(
        f"The limit is {limit.calls:,} calls within {limit.seconds:,} seconds. "
        f"The next one can come in {wait:,.1f} seconds.",
        retry_after=wait,
        reset_at=free_at,
        allowances=allowances,
    )
