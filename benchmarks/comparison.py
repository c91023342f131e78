"""One figure of the floor and of servers, taken in turn."""

import statistics
from collections.abc import Awaitable, Callable, Sequence

from benchmarks.load import Rate
from benchmarks.servers import Measured

Measure = Callable[[Measured, int, int], Awaitable[Rate]]
"""Puts a load on a server: so many at once, so many in all."""

WARM_UP = 200


class Comparison:
    """Floor and servers measured `rounds` times in turn, each for about so many seconds."""

    def __init__(self, floor: Measured, servers: Sequence[Measured], rounds: int, seconds: float):
        self._measured = (floor, *servers)
        self._rounds = rounds
        self._seconds = seconds

    async def print(self, name: str, measure: Measure, at_once: int) -> None:
        pilots = [await measure(server, at_once, WARM_UP) for server in self._measured]
        counts = [max(int(pilot.per_second * self._seconds), WARM_UP) for pilot in pilots]
        rounds = [
            [
                await measure(server, at_once, count)
                for server, count in zip(self._measured, counts, strict=True)
            ]
            for _ in range(self._rounds)
        ]
        print(f"{name}, {at_once} at once")
        floor, *others = zip(*rounds, strict=True)
        print(f"  {self._measured[0].name:12}{_median(floor)}")
        for server, rates in zip(self._measured[1:], others, strict=True):
            print(f"  {server.name:12}{_median(rates)}   {_ratio(rates, floor)} x the floor")
        for server, rates in zip(self._measured[2:], others[1:], strict=True):
            print(f"  {server.name} {_ratio(rates, others[0])} x {self._measured[1].name}")


def _ratio(rates: Sequence[Rate], base: Sequence[Rate]) -> str:
    """The median of what the rounds give, and from where to where they go."""
    ratios = sorted(
        ours.per_second / theirs.per_second for ours, theirs in zip(rates, base, strict=True)
    )
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def _median(rates: Sequence[Rate]) -> str:
    """The round that is in the middle by its rate."""
    rate = sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]
    return (
        f"{rate.per_second:8,.0f}/s   cpu {rate.cpu_ms:.3f} ms   p50 {rate.p50_ms:.2f} ms"
        f"   p99 {rate.p99_ms:.2f} ms   lost {sum(each.lost for each in rates)}"
    )
