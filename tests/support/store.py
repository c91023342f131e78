"""A database with the schema, and the stores over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.server import no_death

from parlez.storage.conversation_store import SqlConversationStore
from parlez.storage.database import Database
from parlez.storage.sqlite.database import SqliteDatabase
from parlez.storage.turn_store import SqlTurnStore


class TestClock:
    """Stands still until it is moved. Microseconds since 1970."""

    __test__ = False

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> int:
        return self.time


class Stores:
    def __init__(self, database: Database):
        self.database = database
        self.clock = TestClock()
        self.turns = SqlTurnStore(database, self.clock)
        self.conversations = SqlConversationStore(database)


@asynccontextmanager
async def open_stores(path: Path) -> AsyncIterator[Stores]:
    """Over a SQLite file that has its schema."""
    database = SqliteDatabase(path, no_death)
    try:
        yield Stores(database)
    finally:
        await database.close()
