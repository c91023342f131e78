"""Conversations, behind `core.ports.conversation_store`."""

from parlez.core.conversations import History
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.storage import conversations, messages, turn_deletion
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlConversationStore:
    def __init__(self, database: Database):
        self._database = database

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None
    ) -> History:
        return await self._database.read(
            lambda c: _history(c, scope, conversation_id, limit, before)
        )

    async def open_turns(self, scope: Scope, conversation_id: str) -> list[str]:
        return await self._database.read(
            lambda c: conversations.open_turns(c, scope, conversation_id)
        )

    async def delete(self, scope: Scope, conversation_id: str) -> None:
        await self._database.write(lambda c: conversations.delete(c, scope, conversation_id))

    async def delete_turn(self, scope: Scope, turn_id: str) -> None:
        await self._database.write(lambda c: turn_deletion.delete(c, scope, turn_id))


def _history(
    c: Connection, scope: Scope, conversation_id: str, limit: int, before: str | None
) -> History:
    conversation = conversations.find(c, scope, conversation_id)
    tip = before or conversation.head_id
    if before and not messages.belongs(c, scope, before, conversation_id):
        raise NotFound("There is no such message in this conversation.")
    # One more than asked for tells whether there are more; `before` itself was not asked for.
    branch = messages.path(c, scope, tip, limit=limit + 2) if tip else []
    newest_first = [message for message in branch if message.id != before]
    page = newest_first[:limit][::-1]
    more = len(newest_first) > limit
    return History(conversation, page, page[0].id if more else None)
