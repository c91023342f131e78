"""One figure of floor and server, taken in turn."""

import statistics
from collections.abc import Awaitable, Callable

from benchmarks.load import Rate
from benchmarks.servers import Measured

Measure = Callable[[Measured, int, int], Awaitable[Rate]]
"""Puts a load on a server: so many at once, so many in all."""

WARM_UP = 200


class Comparison:
    """Floor and server measured `rounds` times in turn, each for about so many seconds."""

    def __init__(self, floor: Measured, server: Measured, rounds: int, seconds: float):
        self._servers = (floor, server)
        self._rounds = rounds
        self._seconds = seconds

    async def print(self, name: str, measure: Measure, at_once: int) -> None:
        pilots = [await measure(server, at_once, WARM_UP) for server in self._servers]
        counts = [max(int(pilot.per_second * self._seconds), WARM_UP) for pilot in pilots]
        rounds = [
            [
                await measure(server, at_once, count)
                for server, count in zip(self._servers, counts, strict=True)
            ]
            for _ in range(self._rounds)
        ]
        ratios = sorted(ours.per_second / floor.per_second for floor, ours in rounds)
        median = statistics.median(ratios)
        print(
            f"{name}, {at_once} at once: {median:.2f} x the floor"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
        for server, rates in zip(self._servers, zip(*rounds, strict=True), strict=True):
            print(f"  {server.name:8}{_median(rates)}")


def _median(rates: tuple[Rate, ...]) -> str:
    """The round that is in the middle by its rate."""
    rate = sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]
    return (
        f"{rate.per_second:8,.0f}/s   cpu {rate.cpu_ms:.3f} ms   p50 {rate.p50_ms:.2f} ms"
        f"   p99 {rate.p99_ms:.2f} ms   lost {sum(each.lost for each in rates)}"
    )
