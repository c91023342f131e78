"""Statements as PostgreSQL prepares them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_BIGINT = psycopg.adapters.types["int8"].oid

_ANY = 0
"""The type that the server finds out from where a parameter stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """SQL with `$1`, `$2` … for parameters, of which `order` has the names."""

    sql: bytes
    order: tuple[str, ...] = ()

    def values(self, parameters: Mapping[str, Any]) -> list[bytes | None]:
        return [_encode(parameters[name]) for name in self.order]

    def types(self, parameters: Mapping[str, Any]) -> list[int]:
        # Left to itself the server would compare a column of small integers with nothing larger.
        return [_BIGINT if isinstance(parameters[name], int) else _ANY for name in self.order]


class Compiler:
    """Compiles each statement at its first use."""

    def __init__(self) -> None:
        self._dialect: Dialect = PGDialect(  # type: ignore[no-untyped-call]
            paramstyle="numeric_dollar"
        )
        self._compiled: dict[ClauseElement, Statement] = {}

    def statement(self, clause: ClauseElement) -> Statement:
        found = self._compiled.get(clause)
        if found is None:
            compiled = clause.compile(dialect=self._dialect)
            assert isinstance(compiled, SQLCompiler)
            found = Statement(str(compiled).encode(), tuple(compiled.positiontup or ()))
            self._compiled[clause] = found
        return found


def _encode(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, int):
        return b"%d" % value
    encoded: bytes = value.encode()
    if b"\0" in encoded:
        # On its way it would end the text.
        raise psycopg.DataError("PostgreSQL keeps no U+0000")
    return encoded
