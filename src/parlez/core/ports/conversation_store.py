"""Where conversations live: one method per transaction."""

from collections.abc import Mapping
from typing import Any, Protocol

from parlez.core.conversation_list import ConversationPage, ListQuery
from parlez.core.conversations import Conversation, History, MessagePage, Profile
from parlez.core.identity import Scope
from parlez.core.messages import Message
from parlez.core.ports.chat_model import Prompt
from parlez.core.turns import IdempotencyKey


class ConversationStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing.

    Where a `user_label` is not None, a conversation with another user is one that is not there.
    """

    async def browse(self, scope: Scope, query: ListQuery) -> ConversationPage: ...

    async def create(
        self, scope: Scope, user_label: str | None, profile: Profile, key: IdempotencyKey | None
    ) -> Conversation:
        """Begin a conversation without a message; with a key that is known, the one it names. One
        with an assistant gets a number. Raises `IdempotencyMismatch`, and `NotFound` for an unknown
        assistant."""
        ...

    async def find(
        self, scope: Scope, conversation_id: str, user_label: str | None
    ) -> Conversation:
        """Raises `NotFound`."""
        ...

    async def change(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        changes: Mapping[str, Any],
    ) -> Conversation:
        """Set fields of the profile, by their names. Raises `NotFound`."""
        ...

    async def archive(
        self, scope: Scope, conversation_id: str, user_label: str | None, archived: bool
    ) -> Conversation:
        """Put a conversation into the archive, or take it out. Raises `NotFound`."""
        ...

    async def add(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        said: Prompt,
        key: IdempotencyKey | None,
    ) -> Message:
        """Add a message at the tip, to which no answer is made; with a key that is known, the
        message it names. Raises `NotFound`, `IdempotencyMismatch`, and `Conflict` while a turn
        waits or runs."""
        ...

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None
    ) -> History:
        """The newest `limit` messages of the head branch, or those before a message of it, in
        order. Messages without text are left out, as are those of turns that still wait or run.
        Raises `NotFound`."""
        ...

    async def visits(self, scope: Scope, limit: int) -> list[Message]:
        """Of the conversation that a visitor has with an app, the newest `limit` messages as
        `history` has them, without what somebody else said in it; none if there is none."""
        ...

    async def page(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        limit: int,
        offset: int,
        after: str | None,
    ) -> MessagePage:
        """The oldest `limit` messages of the head branch behind `offset` others, or behind a
        message of it, in order. Raises `NotFound`."""
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
        was said before it; a conversation in which nothing else was said goes with it. Raises
        `NotFound`, and `Conflict` while a turn of the conversation waits or runs."""
        ...
