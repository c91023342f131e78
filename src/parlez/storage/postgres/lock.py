"""The lock that makes a process the owner of a database: an advisory lock, of a session of its own.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

import os
import secrets
import socket
from dataclasses import dataclass

import psycopg

LOCK = int.from_bytes(b"parlez")
"""Advisory locks have numbers, and belong to one database."""

WORKER = "parlez"
"""The name of the sessions that an owner works with."""

_NAME_BYTES = 63

_HOLDER = """
    SELECT pid, application_name FROM pg_stat_activity WHERE pid IN (
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND classid = %(high)s AND objid = %(low)s
    )
"""


_END_WORKERS = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = %s
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """The session that holds the lock. Its name is hidden from users who may not see it."""

    session: int
    name: str | None

    @property
    def process(self) -> str:
        """Who that is, for people."""
        process, _, host = (self.name or "").split(" ")[-1].partition("@")
        if host:
            return f"process {process} on {host}"
        return f"session {self.session} of the database"


def new_name() -> str:
    """A name for a session, which no other has and which says whose it is."""
    who = f"{os.getpid()}@{socket.gethostname()}"
    return f"parlez owner {secrets.token_hex(4)} {who}"[:_NAME_BYTES]


def take(driver: psycopg.Connection) -> bool:
    """Take the lock until the session ends. False if another session has it."""
    row = driver.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return row is not None and bool(row[0])


def end_workers(driver: psycopg.Connection) -> None:
    """End the sessions of the owner before, who is gone. What it sent before it was killed they
    would still do, if only a lock is in their way."""
    driver.execute(_END_WORKERS, (WORKER,))


def find_holder(driver: psycopg.Connection) -> Holder | None:
    halves = {"high": LOCK >> 32, "low": LOCK & 0xFFFFFFFF}
    row = driver.execute(_HOLDER, halves).fetchone()
    return Holder(*row) if row else None


def end(driver: psycopg.Connection, holder: Holder) -> None:
    """End the session of a holder, which takes the same user or an administrator."""
    driver.execute("SELECT pg_terminate_backend(%s, 1000)", (holder.session,))
