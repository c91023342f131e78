"""One connection to PostgreSQL, replaced when it breaks, that runs one query after the other."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from parlez.core.errors import StorageError
from parlez.storage.connection import Connection
from parlez.storage.postgres.connection import PostgresConnection
from parlez.storage.postgres.errors import is_away, is_worth_another_try, translate
from parlez.storage.postgres.pipeline import Pipeline
from parlez.storage.postgres.statements import Compiler, Statement

T = TypeVar("T")

MOST_TRIES = 5
"""Of a transaction that only met others."""

AWAY_SECONDS = 5.0
"""How long a server that went away is waited for."""

_LOOK_SECONDS = 0.1

_COMMIT = Statement(b"COMMIT")
_ROLLBACK = Statement(b"ROLLBACK")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of transaction: how it begins, and whether one that may have been committed can be
    run again."""

    begin: Statement
    repeatable: bool


READ = Kind(Statement(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), repeatable=True)
"""All its statements see the same moment."""

WRITE = Kind(Statement(b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"), repeatable=False)
"""Each statement sees what was committed before it; what must not change between two is held."""


class Session:
    """For one thread."""

    def __init__(self, connect: Callable[[], psycopg.Connection], compiler: Compiler, kind: Kind):
        self._connect = connect
        self._compiler = compiler
        self._kind = kind
        self._driver: psycopg.Connection | None = None
        self._pipeline: Pipeline | None = None

    def run(self, query: Callable[[Connection], T], deadline: float) -> T:
        """Run a query in a transaction of its own. A server that is away is waited for until the
        deadline on the monotonic clock; raises `StorageError`."""
        tries = 0
        while True:
            try:
                return self._run_once(query)
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

    def _run_once(self, query: Callable[[Connection], T]) -> T:
        pipeline = self._connected()
        try:
            pipeline.send(self._kind.begin)
            result = query(PostgresConnection(pipeline, self._compiler))
            pipeline.send(_COMMIT)
        except BaseException:
            self._undo(pipeline)
            raise
        try:
            pipeline.wait()
        except psycopg.Error as error:
            if pipeline.is_broken and not self._kind.repeatable:
                raise StorageError(
                    "The connection to the database broke while it committed: what was asked for "
                    "may have been done, or not."
                ) from None
            self._undo(pipeline)
            raise error
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
