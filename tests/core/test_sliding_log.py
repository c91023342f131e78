"""The sliding log, against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.core.errors import RateLimited
from parlez.core.limits import CallLimit, Meter
from parlez.core.sliding_log import SlidingLog

LIMITS = st.lists(
    st.builds(CallLimit, st.integers(1, 5), st.integers(1, 20)), min_size=1, max_size=3
)
SECOND = 1_000_000


@given(LIMITS, st.lists(st.integers(0, 5 * SECOND), max_size=60), st.integers(0, 60))
def test_no_span_holds_more_than_its_limit_and_none_is_refused_in_vain(
    limits: list[CallLimit], pauses: list[int], restart_after: int
) -> None:
    meter = Meter("me", tuple(limits))
    log, now = SlidingLog(meter), 0
    admitted: list[int] = []

    def in_the_way(time: int) -> bool:
        return any(
            sum(time - limit.seconds * SECOND < call <= time for call in admitted) >= limit.calls
            for limit in limits
        )

    for number, pause in enumerate(pauses):
        now += pause
        if number == restart_after:
            log = SlidingLog(meter, admitted)
        try:
            log.admit(now)
        except RateLimited as refused:
            assert in_the_way(now)
            assert in_the_way(refused.reset_at - 1)
            assert not in_the_way(refused.reset_at)
            assert refused.retry_after == (refused.reset_at - now) / SECOND
            assert refused.allowances == log.allowances(now)
            assert not all(allowance.left for allowance in refused.allowances)
        else:
            assert not in_the_way(now)
            admitted.append(now)
        for allowance in log.allowances(now):
            length = allowance.limit.seconds * SECOND
            within = [call for call in admitted if now - length < call <= now]
            assert allowance.left == allowance.limit.calls - len(within)
            later = now + round(allowance.more_in * SECOND)
            assert within == [call for call in within if later - 1 - length < call]
            assert within != [call for call in within if later - length < call] or not within


def test_a_call_that_came_to_nothing_is_taken_back() -> None:
    log = SlidingLog(Meter("me", (CallLimit(2, 60),)))
    log.admit(0)
    log.admit(5)
    log.take_back(5)
    log.take_back(7)
    log.admit(6)
    with pytest.raises(RateLimited):
        log.admit(7)
