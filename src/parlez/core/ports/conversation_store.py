"""Where conversations live: one method per transaction."""

from typing import Protocol

from parlez.core.conversations import History
from parlez.core.identity import Scope


class ConversationStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing."""

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None
    ) -> History:
        """The newest `limit` messages of the head branch, or those before a message of it, in
        order. Messages without text are left out, as are those of turns that still wait or run.
        Raises `NotFound`."""
        ...

    async def open_turns(self, scope: Scope, conversation_id: str) -> list[str]:
        """Ids of the turns that wait or run, the running one last. Raises `NotFound`."""
        ...

    async def delete(self, scope: Scope, conversation_id: str) -> None:
        """Erase a conversation and all that belongs to it. Raises `NotFound`, and `Conflict` while
        a turn of it waits or runs."""
        ...

    async def delete_turn(self, scope: Scope, turn_id: str) -> None:
        """Erase a turn with what it was asked and its answer. What was said after it follows what
        was said before it; a conversation without another turn goes with it. Raises `NotFound`, and
        `Conflict` while the turn waits or runs."""
        ...
