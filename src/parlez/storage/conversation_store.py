"""Conversations, behind `core.ports.conversation_store`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from parlez.core.conversation_list import ConversationPage, ListQuery
from parlez.core.conversations import Conversation, History, MessagePage, Profile
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import Message, State
from parlez.core.ports.chat_model import Prompt
from parlez.core.ports.clock import Clock
from parlez.core.turns import IdempotencyKey
from parlez.storage import (
    assistants,
    conversation_counts,
    conversation_lists,
    conversations,
    idempotency,
    messages,
    numbers,
    turn_deletion,
    turns,
)
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlConversationStore:
    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._clock = clock

    async def browse(self, scope: Scope, query: ListQuery) -> ConversationPage:
        return await self._database.read(lambda c: conversation_lists.page(c, scope, query))

    async def create(
        self, scope: Scope, user_label: str | None, profile: Profile, key: IdempotencyKey | None
    ) -> Conversation:
        now = self._clock.now()
        new = Conversation(new_id(), user_label, None, 0, now, now, profile=profile)
        return await self._database.write(lambda c: _create(c, scope, new, key))

    async def find(
        self, scope: Scope, conversation_id: str, user_label: str | None
    ) -> Conversation:
        return await self._database.read(
            lambda c: conversations.find(c, scope, conversation_id, user_label)
        )

    async def change(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        changes: Mapping[str, Any],
    ) -> Conversation:
        now = self._clock.now()

        def change(c: Connection) -> Conversation:
            conversations.hold(c, scope, conversation_id)
            found = conversations.find(c, scope, conversation_id, user_label)
            profile = replace(found.profile, **changes)
            conversations.change(c, scope, found, profile, now)
            return replace(found, profile=profile, updated_at=now)

        return await self._database.write(change)

    async def archive(
        self, scope: Scope, conversation_id: str, user_label: str | None, archived: bool
    ) -> Conversation:
        archived_at = self._clock.now() if archived else None

        def archive(c: Connection) -> Conversation:
            conversations.hold(c, scope, conversation_id)
            found = conversations.find(c, scope, conversation_id, user_label)
            conversations.archive(c, scope, found, archived_at)
            return conversations.find(c, scope, conversation_id)

        return await self._database.write(archive)

    async def add(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        said: Prompt,
        key: IdempotencyKey | None,
    ) -> Message:
        now = self._clock.now()
        new = Message(new_id(), "", said.role, said.content, State.COMPLETED, now)
        return await self._database.write(
            lambda c: _add(c, scope, conversation_id, user_label, new, key)
        )

    async def history(
        self, scope: Scope, conversation_id: str, limit: int, before: str | None
    ) -> History:
        return await self._database.read(
            lambda c: _history(c, scope, conversation_id, limit, before)
        )

    async def visits(self, scope: Scope, limit: int) -> list[Message]:
        return await self._database.read(lambda c: _visits(c, scope, limit))

    async def page(
        self,
        scope: Scope,
        conversation_id: str,
        user_label: str | None,
        limit: int,
        offset: int,
        after: str | None,
    ) -> MessagePage:
        def page(c: Connection) -> MessagePage:
            found = conversations.find(c, scope, conversation_id, user_label)
            return _page(c, scope, found, limit, offset, after)

        return await self._database.read(page)

    async def open_turns(self, scope: Scope, conversation_id: str) -> list[str]:
        return await self._database.read(
            lambda c: conversations.open_turns(c, scope, conversation_id)
        )

    async def delete(self, scope: Scope, conversation_id: str) -> None:
        await self._database.write(lambda c: conversations.delete(c, scope, conversation_id))

    async def delete_turn(self, scope: Scope, turn_id: str) -> None:
        await self._database.write(lambda c: turn_deletion.delete(c, scope, turn_id))


def _create(
    c: Connection, scope: Scope, new: Conversation, key: IdempotencyKey | None
) -> Conversation:
    known = idempotency.claim(c, scope, key, new.id, new.created_at) if key else None
    if known:
        return conversations.find(c, scope, known)
    if new.profile.assistant_id is not None:
        assistants.require(c, scope, new.profile.assistant_id)
        new = replace(new, number=numbers.take(c, scope, numbers.CONVERSATIONS))
    conversations.insert(c, scope, new, 0)
    conversation_counts.add(c, scope, new.id, new.user_label)
    return new


def _add(
    c: Connection,
    scope: Scope,
    conversation_id: str,
    user_label: str | None,
    new: Message,
    key: IdempotencyKey | None,
) -> Message:
    known = idempotency.claim(c, scope, key, new.id, new.created_at) if key else None
    if known:
        return messages.find(c, scope, conversation_id, known)[0]
    conversations.hold_idle(c, scope, conversation_id)
    found = conversations.find(c, scope, conversation_id, user_label)
    messages.insert_alone(c, scope, conversation_id, new, found.head_id)
    conversations.extend(c, scope, conversation_id, new.id, 1)
    conversations.touch(c, scope, conversation_id, new.created_at)
    return new


def _history(
    c: Connection, scope: Scope, conversation_id: str, limit: int, before: str | None
) -> History:
    conversation = conversations.find(c, scope, conversation_id)
    tip = before or conversation.head_id
    if before and not messages.belongs(c, scope, before, conversation_id):
        raise NotFound("There is no such message in this conversation.")
    # One more than asked for tells whether there are more; `before` itself was not asked for.
    branch = messages.newest(c, scope, tip, limit + 2) if tip else []
    newest_first = [message for message in branch if message.id != before]
    page = newest_first[:limit][::-1]
    more = len(newest_first) > limit
    return History(conversation, page, page[0].id if more else None)


def _visits(c: Connection, scope: Scope, limit: int) -> list[Message]:
    conversation_id = conversations.of_visitor(c, scope)
    if conversation_id is None:
        return []
    own = turns.of_visitor(c, scope, conversation_id)
    history = _history(c, scope, conversation_id, limit, None)
    return [message for message in history.messages if message.turn_id in own]


def _page(
    c: Connection,
    scope: Scope,
    conversation: Conversation,
    limit: int,
    offset: int,
    after: str | None,
) -> MessagePage:
    tip, newer = conversation.head_id, conversation.message_count - offset
    if after:
        place = messages.place(c, scope, tip, after) if tip else None
        if place is None:
            raise NotFound("There is no such message in this conversation.")
        newer = place - 1
    offset = conversation.message_count - newer
    skip = max(newer - limit, 0)
    found = messages.page(c, scope, tip, skip, newer - skip) if tip and newer > skip else []
    return MessagePage(conversation, found, offset, found[-1].id if found and skip else None)
