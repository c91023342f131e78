"""A database with the schema, and the stores over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from tests.support.server import no_death

from parlez.core.identity import Scope
from parlez.core.prices import PriceList
from parlez.storage.accounts import SqlAccountStore
from parlez.storage.budgets import SqlBudgetStore
from parlez.storage.conversation_store import SqlConversationStore
from parlez.storage.database import Database
from parlez.storage.feedback import SqlFeedbackStore
from parlez.storage.invitations import SqlInvitationStore
from parlez.storage.keys import SqlKeyStore
from parlez.storage.ledger import SqlLedgerStore
from parlez.storage.metered_calls import SqlCallStore
from parlez.storage.open import locate, open_database
from parlez.storage.paid_calls import SqlPaidCallStore
from parlez.storage.sessions import SqlSessionStore
from parlez.storage.templates import SqlTemplateStore
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
        self.turns = SqlTurnStore(database, self.clock, PriceList([]))
        self.conversations = SqlConversationStore(database, self.clock)
        self.accounts = SqlAccountStore(database, self.clock)
        self.calls = SqlCallStore(database)
        self.keys = SqlKeyStore(database)
        self.ledger = SqlLedgerStore(database)
        self.budgets = SqlBudgetStore(database)
        self.paid_calls = SqlPaidCallStore(database)
        self.templates = SqlTemplateStore(database, self.clock)
        self.feedback = SqlFeedbackStore(database, self.clock)
        self.sessions = SqlSessionStore(database)
        self.invitations = SqlInvitationStore(database)

    async def move_in(self, scope: Scope) -> None:
        """Give a scope that a test made up an account, which keys and sessions need."""
        add = text(
            "INSERT INTO account (id, name, created_at, role) VALUES (:id, :id, 0, 'member')"
        )
        await self.database.write(lambda c: c.do(add, id=scope.account_id))


@asynccontextmanager
async def open_stores(url: str) -> AsyncIterator[Stores]:
    """Over a database of either kind."""
    database, _ = open_database(locate(url, Path()), no_death)
    try:
        yield Stores(database)
    finally:
        await database.close()
