"""Runs everything and prints it. Floor and servers are measured in turn within one run: machines
are noisy, and only the ratios of one run mean anything."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvloop

from benchmarks import load, servers
from benchmarks.comparison import Comparison
from benchmarks.installed import installed_bytes
from benchmarks.mock_model import serve_mock
from benchmarks.open_streams import OPEN, print_open_streams
from benchmarks.postgres import running_postgres
from benchmarks.servers import LOAD_CORE, Measured

PACE = 0.04
"""Seconds between the pieces of a paced stream."""

PACED_STREAMS = 64

Databases = dict[str, Callable[[], str | None]]
"""What is measured: names, and what makes the URL of an empty database."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that each figure is taken")
    parser.add_argument("--seconds", type=float, default=2.0, help="about how long one takes")
    parser.add_argument(
        "--database", choices=["SQLite", "PostgreSQL"], help="measure on this one alone"
    )
    parser.add_argument("--database-url", help="a PostgreSQL database to measure on instead")
    arguments = parser.parse_args()
    with _databases(arguments.database, arguments.database_url) as databases:
        os.sched_setaffinity(0, {LOAD_CORE})
        uvloop.run(_run(arguments.rounds, arguments.seconds, databases))


@contextmanager
def _databases(only: str | None, url: str | None) -> Iterator[Databases]:
    with ExitStack() as stack:
        databases: Databases = {}
        if only != "PostgreSQL":
            databases["SQLite"] = lambda: None
        if url:
            databases["PostgreSQL"] = lambda: url
        elif only != "SQLite":
            databases["PostgreSQL"] = stack.enter_context(running_postgres(LOAD_CORE)).make
        yield databases


async def _run(rounds: int, seconds: float, databases: Databases) -> None:
    print(f"installed, without extras: {installed_bytes('parlez') / 1e6:.0f} MB")
    async with serve_mock() as model_url:
        with _servers(model_url, databases) as (floor, parlez):
            for server in (floor, *parlez):
                _print_start(server)
            comparison = Comparison(floor, parlez, rounds, seconds)
            for at_once in (1, 16, 64):
                await comparison.print("plain turns", load.plain_turns, at_once)
            for at_once in (1, 16, 64):
                await comparison.print("streams of 64 events", load.streams, at_once)
    async with serve_mock(PACE) as model_url:
        with _servers(model_url, databases) as (floor, parlez):
            print(f"first token over the model's own, {PACED_STREAMS} paced streams")
            for server in (floor, *parlez):
                await load.first_tokens(server, PACED_STREAMS, 1, PACE)
                times = await load.first_tokens(server, PACED_STREAMS, rounds, PACE)
                p50, p99 = load.quantile(times, 0.5), load.quantile(times, 0.99)
                print(f"  {server.name:12} p50 {p50:.1f} ms   p99 {p99:.1f} ms")
            print(f"{OPEN:,} open streams, {PACED_STREAMS} active")
            for server in (floor, *parlez):
                await print_open_streams(server, PACED_STREAMS, PACE)


@contextmanager
def _servers(model_url: str, databases: Databases) -> Iterator[tuple[Measured, list[Measured]]]:
    """The floor, and Parlez on each database."""
    with ExitStack() as stack:
        floor = stack.enter_context(servers.floor(model_url))
        yield (
            floor,
            [
                stack.enter_context(servers.parlez(model_url, make(), name))
                for name, make in databases.items()
            ],
        )


def _print_start(server: Measured) -> None:
    memory = server.memory_bytes() / 1e6
    print(f"{server.name}: {server.ready_seconds:.2f} s from start to ready, {memory:.0f} MB idle")


if __name__ == "__main__":
    main()
