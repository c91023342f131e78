"""Runs everything and prints it. Floor and server are measured in turn within one run: machines are
noisy, and only the ratios of one run mean anything."""

import argparse
import asyncio
import os
import statistics

import uvloop

from benchmarks import load, servers
from benchmarks.load import Rate
from benchmarks.mock_model import serve_mock
from benchmarks.servers import LOAD_CORE

PACE = 0.02
"""Seconds between the pieces of a paced stream."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each figure is taken")
    parser.add_argument("--seconds", type=float, default=2.0, help="about how long one takes")
    parser.add_argument("--database-url", help="measure on this database instead of SQLite")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    uvloop.run(_run(arguments.rounds, arguments.seconds, arguments.database_url))


async def _run(rounds: int, seconds: float, database_url: str | None) -> None:
    model, port = await serve_mock()
    paced, paced_port = await serve_mock(PACE)
    url = "http://127.0.0.1:{}/v1/chat/completions"
    asyncio.get_running_loop()
    with (
        servers.floor(url.format(port)) as floor,
        servers.parlez(url.format(port), database_url) as parlez,
    ):
        print(f"start to ready   floor {floor.ready_seconds:.2f} s", end="   ")
        print(f"Parlez {parlez.ready_seconds:.2f} s")
        print(f"idle memory      floor {floor.memory_bytes() / 1e6:.0f} MB", end="   ")
        print(f"Parlez {parlez.memory_bytes() / 1e6:.0f} MB")
        for at_once in (1, 16, 64):
            await _compare(
                f"plain turns, {at_once} at once",
                load.plain_turns,
                floor,
                parlez,
                at_once,
                rounds,
                seconds,
            )
        for at_once in (1, 16, 64):
            await _compare(
                f"streams, {at_once} at once", load.streams, floor, parlez, at_once, rounds, seconds
            )
    with (
        servers.floor(url.format(paced_port)) as floor,
        servers.parlez(url.format(paced_port), database_url) as parlez,
    ):
        for server in (floor, parlez):
            await load.first_tokens(server, 64, 1, PACE)
            times = await load.first_tokens(server, 64, rounds, PACE)
            p50, p99 = load.quantile(times, 0.5), load.quantile(times, 0.99)
            print(
                f"first token over the model's own, 64 paced streams   {server.name:7}"
                f" p50 {p50:.1f} ms   p99 {p99:.1f} ms"
            )
    model.close()
    paced.close()


async def _compare(name, measure, floor, parlez, at_once, rounds, seconds) -> None:
    pilot = {
        server.name: await measure(server, at_once, 50 + at_once) for server in (floor, parlez)
    }
    rates: dict[str, list[Rate]] = {"floor": [], "Parlez": []}
    for _ in range(rounds):
        for server in (floor, parlez):
            count = max(int(pilot[server.name].per_second * seconds), 100)
            rates[server.name].append(await measure(server, at_once, count))
    ratios = [ours.per_second / bare.per_second for bare, ours in zip(*rates.values(), strict=True)]
    print(
        f"{name}   ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    for who, found in rates.items():
        rate = found[sorted(range(rounds), key=lambda place: found[place].per_second)[rounds // 2]]
        print(
            f"  {who:7} {rate.per_second:7.0f}/s   cpu {rate.cpu_ms:.3f} ms"
            f"   p50 {rate.p50_ms:.2f} ms   p99 {rate.p99_ms:.2f} ms   lost {rate.lost}"
        )


if __name__ == "__main__":
    main()
