"""Running statements on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq.abc import PGresult
from sqlalchemy.sql import ClauseElement

from parlez.storage.connection import Row
from parlez.storage.postgres.pipeline import Pipeline
from parlez.storage.postgres.statements import Compiler

_INTEGERS = {psycopg.adapters.types[name].oid for name in ("int2", "int4", "int8")}


class PostgresConnection:
    """Implements `storage.connection.Connection`."""

    def __init__(self, pipeline: Pipeline, compiler: Compiler, is_again: bool):
        self.is_again = is_again
        self._pipeline = pipeline
        self._compiler = compiler

    def do(self, statement: ClauseElement, /, **parameters: Any) -> None:
        self._pipeline.send(self._compiler.statement(statement), parameters)

    def run(self, statement: ClauseElement, /, **parameters: Any) -> int:
        return self._result(statement, parameters).command_tuples or 0

    def one(self, statement: ClauseElement, /, **parameters: Any) -> Row | None:
        result = self._result(statement, parameters)
        return _row(result, 0, _readers(result)) if result.ntuples else None

    def all(self, statement: ClauseElement, /, **parameters: Any) -> list[Row]:
        result = self._result(statement, parameters)
        readers = _readers(result)
        return [_row(result, number, readers) for number in range(result.ntuples)]

    def _result(self, statement: ClauseElement, parameters: dict[str, Any]) -> PGresult:
        self._pipeline.send(self._compiler.statement(statement), parameters)
        result = self._pipeline.wait()
        assert result is not None
        return result


_Reader = Callable[[bytes], Any]


def _readers(result: PGresult) -> list[_Reader]:
    """How to read each column: as integers or text, which is all that there is."""
    return [
        int if result.ftype(column) in _INTEGERS else bytes.decode
        for column in range(result.nfields)
    ]


def _row(result: PGresult, number: int, readers: list[_Reader]) -> Row:
    return tuple(
        None if (value := result.get_value(number, column)) is None else read(value)
        for column, read in enumerate(readers)
    )
