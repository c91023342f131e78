"""One connection to PostgreSQL, replaced when it breaks, that runs one query after the other."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from parlez.core.errors import StorageError
from parlez.storage.connection import Connection
from parlez.storage.postgres.connection import PostgresConnection
from parlez.storage.postgres.errors import is_away, is_worth_another_try, translate
from parlez.storage.postgres.pipeline import Pipeline
from parlez.storage.postgres.statements import Compiler, Statement
from parlez.storage.query import run_query

T = TypeVar("T")

MOST_TRIES = 5
"""Of a transaction that only met others."""

AWAY_SECONDS = 5.0
"""How long a server that went away is waited for."""

_LOOK_SECONDS = 0.1

_DELAY_SECONDS = 0.5
"""A query that has waited longer than this has less patience with locks than others."""

_LEAST_PATIENCE_SECONDS = 0.05

_BE_PATIENT = Statement(b"SELECT set_config('lock_timeout', $1, true)", ("milliseconds",))
_COMMIT = Statement(b"COMMIT")
_ROLLBACK = Statement(b"ROLLBACK")


READ = Statement(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
"""All its statements see the same moment."""

WRITE = Statement(b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
"""Each statement sees what was committed before it; what must not change between two is held."""


class _CommitUnheard(psycopg.OperationalError):
    """The connection broke before the server said whether it had committed."""


class Session:
    """For one thread. `begin` is how each of its transactions begins."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection], compiler: Compiler, begin: Statement
    ):
        self._connect = connect
        self._compiler = compiler
        self._begin = begin
        self._driver: psycopg.Connection | None = None
        self._pipeline: Pipeline | None = None

    def run(self, query: Callable[[Connection], T], deadline: float, *, repeatable: bool) -> T:
        """Run a query in a transaction of its own, again if that came to nothing and, if it is
        `repeatable`, also if nobody can tell. A server that is away, and others' locks, are waited
        for until the deadline on the monotonic clock; raises `StorageError`."""
        tries = 0
        is_again = False
        while True:
            try:
                return self._run_once(query, deadline, is_again)
            except _CommitUnheard as error:
                if not repeatable:
                    raise StorageError(
                        "The connection to the database broke while it committed: what was asked "
                        "for may have been done, or not."
                    ) from None
                if time.monotonic() >= deadline:
                    raise translate(error) from None
                is_again = True
            except psycopg.Error as error:
                tries += 1
                if is_worth_another_try(error) and tries < MOST_TRIES:
                    time.sleep(random.uniform(0, 0.01 * tries))
                elif is_away(error) and time.monotonic() < deadline:
                    time.sleep(_LOOK_SECONDS)
                else:
                    raise translate(error) from None

    def close(self) -> None:
        if self._driver is not None:
            self._driver.close()
        self._driver = self._pipeline = None

    def _run_once(self, query: Callable[[Connection], T], deadline: float, is_again: bool) -> T:
        pipeline = self._connected()
        try:
            pipeline.send(self._begin)
            left = deadline - time.monotonic()
            if left < AWAY_SECONDS - _DELAY_SECONDS:
                seconds = max(left, _LEAST_PATIENCE_SECONDS)
                pipeline.send(_BE_PATIENT, {"milliseconds": f"{seconds * 1_000:.0f}"})
            result = run_query(query, PostgresConnection(pipeline, self._compiler, is_again))
        except BaseException:
            self._undo(pipeline)
            raise
        try:
            if self._begin is READ and pipeline.is_answered:
                # There is nothing that could go wrong with it any more.
                pipeline.leave(_COMMIT)
            else:
                pipeline.send(_COMMIT)
                pipeline.wait()
        except psycopg.Error:
            unheard = pipeline.is_broken
            self._undo(pipeline)
            if unheard:
                raise _CommitUnheard from None
            raise
        return result

    def _connected(self) -> Pipeline:
        if self._pipeline is None:
            self._driver = self._connect()
            self._pipeline = Pipeline(self._driver)
        return self._pipeline

    def _undo(self, pipeline: Pipeline) -> None:
        """Leave the transaction, or the connection if it is broken."""
        for statement in (None, _ROLLBACK):
            try:
                if statement:
                    pipeline.send(statement)
                pipeline.wait()
            except psycopg.Error:
                pass
        if pipeline.is_broken:
            self.close()
