"""What callers do with conversations besides talking in them."""

from collections.abc import Mapping
from typing import Any

from parlez.core.conversation_list import ConversationPage, ListQuery, check_offset
from parlez.core.conversations import Conversation, History, MessagePage, Profile
from parlez.core.errors import Conflict
from parlez.core.identity import Scope
from parlez.core.messages import Message
from parlez.core.models import ModelCatalog
from parlez.core.ports.chat_model import Prompt
from parlez.core.ports.conversation_store import ConversationStore
from parlez.core.turn_engine import TurnEngine
from parlez.core.turns import IdempotencyKey

DELETE_TRIES = 5
"""Times that new turns may slip in between stopping a conversation's turns and deleting it."""


ANY_NUMBER = 2**30


class ConversationDesk:
    """Where a method takes a `user_label` that is not None, a conversation with another user is one
    that is not there."""

    def __init__(self, store: ConversationStore, engine: TurnEngine, catalog: ModelCatalog):
        self._store = store
        self._engine = engine
        self._catalog = catalog

    async def browse(self, scope: Scope, query: ListQuery) -> ConversationPage:
        """Raises `InvalidInput` for an offset that would cost too much."""
        check_offset(query.offset)
        return await self._store.browse(scope, query)

    async def create(
        self,
        scope: Scope,
        user_label: str | None,
        profile: Profile,
        key: IdempotencyKey | None = None,
    ) -> Conversation:
        """Begin a conversation without a message. Raises `IdempotencyMismatch`, `NotFound` for an
        unknown assistant, and what `ModelCatalog.resolve` does."""
        self._check(profile.model)
        return await self._store.create(scope, user_label, profile, key)

    async def find(
        self, scope: Scope, conversation_id: str, user_label: str | None = None
    ) -> Conversation:
        """Raises `NotFound`."""
        return await self._store.find(scope, conversation_id, user_label)

    async def change(
        self,
        scope: Scope,
        conversation_id: str,
        changes: Mapping[str, Any],
        user_label: str | None = None,
    ) -> Conversation:
        """Set fields of the profile. A system prompt of one's own comes in the place of one that a
        template made. Raises `NotFound`, and what `ModelCatalog.resolve` does."""
        self._check(changes.get("model"))
        if "system_prompt" in changes:
            changes = {"template": None, **changes}
        return await self._store.change(scope, conversation_id, user_label, changes)

    async def archive(
        self, scope: Scope, conversation_id: str, archived: bool, user_label: str | None = None
    ) -> Conversation:
        """Leave a conversation out of lists, or take it in again. Raises `NotFound`."""
        return await self._store.archive(scope, conversation_id, user_label, archived)

    async def add(
        self,
        scope: Scope,
        conversation_id: str,
        said: Prompt,
        user_label: str | None = None,
        key: IdempotencyKey | None = None,
    ) -> Message:
        """Add a message to which no answer is made. Raises `NotFound`, `IdempotencyMismatch`, and
        `Conflict` while a turn waits or runs."""
        return await self._store.add(scope, conversation_id, user_label, said, key)

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None = None
    ) -> History:
        """A page of the messages of a conversation, from the newest. Raises `NotFound`."""
        return await self._store.history(scope, conversation_id, limit, before)

    async def visits(self, scope: Scope, limit: int) -> list[Message]:
        """What a visitor and an app have said to each other, oldest first."""
        return await self._store.visits(scope, limit)

    async def whole(self, scope: Scope, conversation_id: str) -> History:
        """All messages of a conversation. Raises `NotFound`."""
        return await self._store.history(scope, conversation_id, ANY_NUMBER, None)

    async def page(
        self,
        scope: Scope,
        conversation_id: str,
        *,
        limit: int,
        offset: int = 0,
        after: str | None = None,
        user_label: str | None = None,
    ) -> MessagePage:
        """A page of the messages of a conversation, from the oldest. Raises `NotFound`, and
        `InvalidInput` for an offset that would cost too much."""
        check_offset(offset)
        return await self._store.page(scope, conversation_id, user_label, limit, offset, after)

    async def stop(self, scope: Scope, conversation_id: str, user_label: str | None = None) -> int:
        """End the turns that wait or run, keeping what was said; how many. Raises `NotFound`."""
        await self._store.find(scope, conversation_id, user_label)
        open_turns = await self._store.open_turns(scope, conversation_id)
        for turn_id in open_turns:
            await self._engine.stop(scope, turn_id)
        return len(open_turns)

    async def delete(
        self, scope: Scope, conversation_id: str, user_label: str | None = None
    ) -> None:
        """Stop the turns of a conversation and erase it. Raises `NotFound`, and `Conflict` if new
        turns keep coming."""
        if user_label is not None:
            await self._store.find(scope, conversation_id, user_label)
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
        """Stop a turn and erase it. Raises `NotFound`, and `Conflict` while others of its
        conversation wait or run."""
        await self._engine.stop(scope, turn_id)
        await self._store.delete_turn(scope, turn_id)

    def _check(self, model: str | None) -> None:
        """Refuse a model that could not answer."""
        if model:
            self._catalog.resolve(model)
