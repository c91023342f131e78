"""What callers do with conversations besides talking in them."""

from parlez.core.conversations import History
from parlez.core.errors import Conflict
from parlez.core.identity import Scope
from parlez.core.ports.conversation_store import ConversationStore
from parlez.core.turn_engine import TurnEngine

DELETE_TRIES = 5
"""Times that new turns may slip in between stopping a conversation's turns and deleting it."""


class ConversationDesk:
    def __init__(self, store: ConversationStore, engine: TurnEngine):
        self._store = store
        self._engine = engine

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None = None
    ) -> History:
        """A page of the messages of a conversation. Raises `NotFound`."""
        return await self._store.history(scope, conversation_id, limit, before)

    async def delete(self, scope: Scope, conversation_id: str) -> None:
        """Stop the turns of a conversation and erase it. Raises `NotFound`, and `Conflict` if new
        turns keep coming."""
        for tries_left in reversed(range(DELETE_TRIES)):
            for turn_id in await self._store.open_turns(scope, conversation_id):
                await self._engine.stop(scope, turn_id)
            try:
                await self._store.delete(scope, conversation_id)
                break
            except Conflict:
                if not tries_left:
                    raise

    async def delete_turn(self, scope: Scope, turn_id: str) -> None:
        """Stop a turn and erase it. Raises `NotFound`."""
        await self._engine.stop(scope, turn_id)
        await self._store.delete_turn(scope, turn_id)
