"""Statements on their way to the server, sent without waiting for the answer to each.

Going there and back takes longer than most statements do. psycopg's own cursors and pipelines cost
three times as much CPU as the library beneath them, which is used here.
https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

import select
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from parlez.storage.postgres.statements import Statement

_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)

ANSWER_SECONDS = 30
"""How long the server may keep silent before it is given up: longer than any statement takes."""

_NOTHING: Mapping[str, Any] = {}


class Pipeline:
    """Over one connection, which does nothing else from then on. Every method may raise
    `psycopg.Error`."""

    def __init__(self, connection: psycopg.Connection):
        self._link = connection.pgconn
        self._link.enter_pipeline_mode()
        self._names: dict[Statement, bytes] = {}
        self._made = 0
        self._unconfirmed: list[Statement] = []
        self._sent = 0
        self._unread = 0
        self._socket = self._link.socket
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    @property
    def is_broken(self) -> bool:
        return self._link.status == ConnStatus.BAD

    @property
    def is_answered(self) -> bool:
        """Whether the results of all that was sent are here."""
        return not self._sent

    def send(self, statement: Statement, parameters: Mapping[str, Any] = _NOTHING) -> None:
        """Put a statement on its way. It is prepared at its first use."""
        name = self._names.get(statement) or self._prepare(statement, parameters)
        self._link.send_query_prepared(name, statement.values(parameters))
        self._sent += 1

    def wait(self) -> PGresult | None:
        """The result of the statement sent last, None if nothing was sent. Raises the error of the
        first that failed; what was sent behind that has not been executed."""
        if not self._sent:
            return None
        self._link.pipeline_sync()
        self._sent = 0
        while self._unread:
            if self._next().status == ExecStatus.PIPELINE_SYNC:
                self._unread -= 1
        last: PGresult | None = None
        failed: PGresult | None = None
        while (result := self._next()).status != ExecStatus.PIPELINE_SYNC:
            last = result
            if result.status in _FAILED and failed is None:
                failed = result
        if failed is not None:
            self._forget_unconfirmed()
            raise errors.error_from_result(failed)
        self._unconfirmed.clear()
        return last

    def leave(self, statement: Statement) -> None:
        """Put a statement on its way that is the last for now, and whose result nobody waits
        for."""
        self.send(statement)
        self._link.pipeline_sync()
        self._link.flush()
        self._sent = 0
        self._unread += 1

    def _prepare(self, statement: Statement, parameters: Mapping[str, Any]) -> bytes:
        self._made += 1
        name = b"parlez_%d" % self._made
        self._link.send_prepare(name, statement.sql, statement.types(parameters))
        self._names[statement] = name
        self._unconfirmed.append(statement)
        return name

    def _forget_unconfirmed(self) -> None:
        """Some of them may not be prepared after all. They get new names."""
        for statement in self._unconfirmed:
            del self._names[statement]
        self._unconfirmed.clear()

    def _next(self) -> PGresult:
        while True:
            while self._link.is_busy():
                self._exchange()
            result = self._link.get_result()
            # None stands between the results of two statements.
            if result is not None:
                return result
            if self.is_broken:
                raise psycopg.OperationalError("the connection broke")

    def _exchange(self) -> None:
        """Wait until something can be read or, if there is something left to send, written."""
        unsent = self._link.flush()
        if unsent:
            self._poll.modify(self._socket, select.POLLIN | select.POLLOUT)
        ready = self._poll.poll(ANSWER_SECONDS * 1_000)
        if not ready:
            self._link.finish()
            raise psycopg.OperationalError("timeout: the server keeps silent")
        if unsent:
            self._poll.modify(self._socket, select.POLLIN)
        if any(events & ~select.POLLOUT for _, events in ready):
            self._link.consume_input()
