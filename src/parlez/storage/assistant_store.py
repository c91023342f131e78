"""Assistants, behind `core.ports.assistant_store`."""

from collections.abc import Sequence

from parlez.core.assistants import Assistant, AssistantChanges, Chat
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.ports.clock import Clock
from parlez.core.ports.document_store import KeptFile
from parlez.core.turns import IdempotencyKey
from parlez.storage import assistants, chats, idempotency
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlAssistantStore:
    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._clock = clock

    async def page(self, scope: Scope, limit: int, offset: int) -> list[Assistant]:
        return await self._database.read(lambda c: assistants.page(c, scope, limit, offset))

    async def find(self, scope: Scope, number: int) -> Assistant:
        def find(c: Connection) -> Assistant:
            return assistants.with_documents(c, scope, assistants.by_number(c, scope, number))

        return await self._database.read(find)

    async def create(
        self,
        scope: Scope,
        wanted: AssistantChanges,
        files: Sequence[KeptFile],
        key: IdempotencyKey | None,
    ) -> Assistant:
        assistant_id, now = new_id(), self._clock.now()

        def create(c: Connection) -> Assistant:
            known = idempotency.claim(c, scope, key, assistant_id, now) if key else None
            if known:
                return assistants.find(c, scope, known)
            return assistants.insert(c, scope, assistant_id, wanted, files, now)

        return await self._database.write(create)

    async def change(
        self,
        scope: Scope,
        number: int,
        changes: AssistantChanges,
        files: Sequence[KeptFile],
        key: IdempotencyKey | None,
    ) -> tuple[Assistant, list[str]]:
        now = self._clock.now()

        def change(c: Connection) -> tuple[Assistant, list[str]]:
            found = assistants.by_number(c, scope, number)
            # The key names this very change, so that a repeated one is told apart from the first.
            if key and idempotency.claim(c, scope, key, new_id(), now):
                return assistants.with_documents(c, scope, found), []
            return assistants.change(c, scope, number, changes, files, now)

        return await self._database.write(change)

    async def delete(self, scope: Scope, number: int) -> list[str]:
        now = self._clock.now()
        return await self._database.write(lambda c: assistants.delete(c, scope, number, now))

    async def remove_document(self, scope: Scope, number: int, document_id: str) -> list[str]:
        now = self._clock.now()
        return await self._database.write(
            lambda c: assistants.remove_document(c, scope, number, document_id, now)
        )

    async def chat(self, scope: Scope, number: int) -> Chat:
        return await self._database.read(lambda c: chats.by_number(c, scope, number))

    async def chat_of(self, scope: Scope, conversation_id: str) -> Chat:
        return await self._database.read(lambda c: chats.by_id(c, scope, conversation_id))
