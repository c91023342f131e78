"""Writing all that a database holds to a file."""

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from parlez.storage import schema
from parlez.storage.transfer import form
from parlez.storage.transfer.ports import Source

Progress = Callable[[int, int], None]
"""Is told how much has been done, and how much there is in all."""

_TELL_EVERY = 1_000


def export(source: Source, file: BinaryIO, progress: Progress) -> int:
    """Write an export; how many rows it has."""
    digest = hashlib.sha256()

    def write(line: bytes) -> None:
        digest.update(line)
        file.write(line)

    total = sum(source.count(table) for table in form.tables())
    written = 0
    write(form.encode(form.header(schema.HEAD)))
    for table in form.tables():
        write(form.encode(form.table_line(table)))
        for row in source.rows(table):
            write(form.encode(row))
            written += 1
            if written % _TELL_EVERY == 0:
                progress(written, total)
    file.write(form.encode(form.end_line(written, digest.hexdigest())))
    progress(written, total)
    return written
