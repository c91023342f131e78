"""What was said in a real database, and whoever makes it findable, a step at a time."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from tests.support.engine import ME
from tests.support.library import WordEmbedder
from tests.support.store import Stores

from parlez.core.conversations import Profile
from parlez.core.identity import Scope
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.search import Found, SearchQuery, Within
from parlez.knowledge.embedding.shelf import Shelf
from parlez.knowledge.message_indexer import MessageIndexer
from parlez.knowledge.message_search import HybridMessageSearcher
from parlez.knowledge.nearest import Nearest
from parlez.storage.message_index import SqlMessageIndex

MOST_STEPS = 10_000


class Said:
    """`embedders` are those that can be used, the current one first; without any, words alone
    decide."""

    def __init__(self, stores: Stores, *embedders: WordEmbedder):
        self.stores = stores
        self.embedders = embedders
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is known but what is stored."""
        shelf = Shelf(self.embedders)
        self.index = SqlMessageIndex(self.stores.database)
        self.indexer = MessageIndexer(self.index, shelf)
        nearest = Nearest(self.index, grows=True)
        self.searcher = HybridMessageSearcher(self.index, shelf, nearest)

    async def settle(self) -> int:
        """Do all that there is to do; in how many steps."""
        for step in range(MOST_STEPS):
            if not await self.indexer.index_next() and not await self.indexer.embed_next():
                return step
        raise AssertionError("there is always something to do")

    async def add(
        self,
        *texts: str,
        scope: Scope = ME,
        user: str | None = None,
        conversation_id: str | None = None,
        role: Role = Role.USER,
    ) -> str:
        """Messages to which no answers are made; their conversation."""
        conversations = self.stores.conversations
        if conversation_id is None:
            conversation_id = (await conversations.create(scope, user, Profile(), None)).id
        for each in texts:
            await conversations.add(scope, conversation_id, None, Prompt(role, each), None)
        return conversation_id

    async def search(
        self, query: str, scope: Scope = ME, limit: int = 50, **within: object
    ) -> Found:
        asked = SearchQuery(query, Within(**within), limit)  # type: ignore[arg-type]
        return await self.searcher.find(scope, asked, limit)

    async def find(self, query: str, scope: Scope = ME, **within: Any) -> list[str]:
        """What was said that is found, the best first."""
        found = await self.search(query, scope, **within)
        return [each.content for each in found.messages]

    async def whole_index(self) -> Mapping[tuple[str, ...], tuple[object, ...]]:
        """All that finds messages, but for the numbers of pieces."""
        query = text("""
            SELECT piece.account_id, piece.message_id, place, last_place, conversation_id,
                piece.user_label, role, start, length, model, code, direction
            FROM message_piece AS piece LEFT JOIN message_vector AS vector
                ON vector.account_id = piece.account_id AND vector.serial = piece.serial
        """)
        rows = await self.stores.database.read(lambda c: c.all(query))
        return {(*row[:2], str(row[2])): row[2:] for row in rows}

    async def count(self, table: str) -> int:
        counted = text(f"SELECT count(*) FROM {table}")
        row = await self.stores.database.read(lambda c: c.one(counted))
        assert row is not None
        return int(row[0])

    async def forget(self) -> None:
        """The whole index, as if nothing had ever been looked at."""
        statements = (
            "DELETE FROM message_piece",
            "DELETE FROM message_embedding",
            "INSERT INTO message_change SELECT account_id, id, '' FROM conversation",
        )
        for each in map(text, statements):
            await self.stores.database.write(lambda c, each=each: c.do(each))  # type: ignore[misc]
        self.restart()
