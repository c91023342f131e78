"""Reading an export into an empty database."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from sqlalchemy import Integer, Table

from parlez.core.errors import Conflict
from parlez.storage import schema
from parlez.storage.connection import Row
from parlez.storage.transfer import form
from parlez.storage.transfer.export import Progress
from parlez.storage.transfer.form import BadExport
from parlez.storage.transfer.ports import Target

_TELL_EVERY = 1_000


def load(file: BinaryIO, target: Target, progress: Progress) -> int:
    """Store all rows of an export; how many. Raises `BadExport`, and `Conflict` for a database
    that has something in it: then the caller must not commit."""
    if not all(target.is_empty(table) for table in form.tables()):
        raise Conflict(
            "The database has something in it already. An import needs an empty one, on which no "
            "server has been started yet."
        )
    return _Loading(file, progress).into(target)


class _Loading:
    """One pass over a file, a line at a time."""

    def __init__(self, file: BinaryIO, progress: Progress):
        self._file = file
        self._progress = progress
        self._bytes = os.fstat(file.fileno()).st_size
        self._read = 0
        self._rows = 0
        self._digest = hashlib.sha256()
        self._line: Any = None

    def into(self, target: Target) -> int:
        self._next()
        _check_header(self._line)
        self._next()
        for table in form.tables():
            if self._line != form.table_line(table):
                raise BadExport(f"The file is damaged: the table {table.name} is not in its place.")
            self._next()
            target.insert(table, self._rows_of(table))
        self._check_end()
        self._progress(self._bytes, self._bytes)
        return self._rows

    def _rows_of(self, table: Table) -> Iterator[Row]:
        kinds = [int if isinstance(column.type, Integer) else str for column in table.columns]
        while isinstance(self._line, list):
            row = self._line
            if not _fits(row, kinds):
                raise BadExport(f"The file is damaged: a row of {table.name} is not one.")
            self._rows += 1
            if self._rows % _TELL_EVERY == 0:
                self._progress(self._read, self._bytes)
            # Before the row is stored, so that the end of the table is seen.
            self._next()
            yield tuple(row)

    def _next(self) -> None:
        """Go on to the next line, of which only the last is not part of the digest."""
        line = self._file.readline()
        self._line = form.decode(line)
        if not _is_end(self._line):
            self._digest.update(line)
        self._read += len(line)

    def _check_end(self) -> None:
        if self._line != form.end_line(self._rows, self._digest.hexdigest()):
            raise BadExport("The file is damaged: its checksum does not fit.")
        if self._file.read(1):
            raise BadExport("The file is damaged: something follows its end.")


def _check_header(line: Any) -> None:
    if not isinstance(line, dict) or line.get("format") != form.NAME:
        raise BadExport("The file is not an export of Parlez's.")
    if line.get("version") != form.VERSION:
        raise BadExport("The file was written by a newer version of Parlez. Import it with that.")
    if line != form.header(schema.HEAD):
        raise BadExport(
            f"The file has schema {line.get('schema')}, and this version of Parlez imports schema "
            f"{schema.HEAD}. Import it with the version that wrote it, then upgrade."
        )


def _fits(row: list[Any], kinds: Sequence[type]) -> bool:
    return len(row) == len(kinds) and all(
        value is None or type(value) is kind for value, kind in zip(row, kinds, strict=True)
    )


def _is_end(line: Any) -> bool:
    return isinstance(line, dict) and "sha256" in line
