"""The threads that read."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from parlez.core.errors import StorageError
from parlez.storage.connection import Compiler
from parlez.storage.sqlite.connect import connect
from parlez.storage.sqlite.readers import Readers

COUNT = text("SELECT count(*) FROM account")


async def test_a_connection_that_cannot_be_opened_is_tried_again(data_dir: Path) -> None:
    opens: list[Callable[[], sqlite3.Connection]] = [
        partial(connect, data_dir / "missing" / "parlez.db", read_only=True),
        partial(connect, data_dir / "parlez.db", read_only=True),
    ]
    readers = Readers(lambda: opens.pop(0)(), Compiler(sqlite.dialect(paramstyle="named")))
    with pytest.raises(StorageError):
        await readers.read(lambda c: c.one(COUNT))
    assert await readers.read(lambda c: c.one(COUNT)) == (0,)
    await readers.close()
