"""What callers do with assistants."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from parlez.core.assistants import Assistant, AssistantChanges, Chat
from parlez.core.conversation_desk import ConversationDesk
from parlez.core.conversations import Profile
from parlez.core.identity import Scope
from parlez.core.library import Library
from parlez.core.ports.assistant_store import AssistantStore
from parlez.core.ports.document_store import KeptFile
from parlez.core.retrieval import Passage, Sources
from parlez.core.turns import IdempotencyKey

Files = Sequence[tuple[str, BinaryIO]]
"""Names and contents."""


class AssistantDesk:
    """Assistants are called by their numbers. A file that is given to one becomes a document of the
    account, which goes when the last assistant that has it lets it go."""

    def __init__(self, store: AssistantStore, library: Library, desk: ConversationDesk):
        self._store = store
        self._library = library
        self._desk = desk

    async def page(self, scope: Scope, limit: int, offset: int) -> list[Assistant]:
        """Oldest first."""
        return await self._store.page(scope, limit, offset)

    async def find(self, scope: Scope, number: int) -> Assistant:
        """Raises `NotFound`."""
        return await self._store.find(scope, number)

    async def create(
        self,
        scope: Scope,
        wanted: AssistantChanges,
        files: Files = (),
        key: IdempotencyKey | None = None,
    ) -> Assistant:
        """Raises `InvalidInput` for a file that cannot be kept, `Conflict`, and
        `IdempotencyMismatch`."""

        async def store(kept: Sequence[KeptFile]) -> Assistant:
            return await self._store.create(scope, wanted, kept, _with_files(key, kept))

        return await self._library.keep(scope, files, store)

    async def change(
        self,
        scope: Scope,
        number: int,
        changes: AssistantChanges,
        files: Files = (),
        key: IdempotencyKey | None = None,
    ) -> Assistant:
        """Its conversations go on with it as it is then. Raises `NotFound`, and what `create`
        does."""

        async def store(kept: Sequence[KeptFile]) -> tuple[Assistant, list[str]]:
            return await self._store.change(scope, number, changes, kept, _with_files(key, kept))

        changed, removed = await self._library.keep(scope, files, store)
        self._library.are_gone(scope, removed)
        return changed

    async def delete(self, scope: Scope, number: int) -> None:
        """Its conversations stay, without an assistant. Raises `NotFound`."""
        self._library.are_gone(scope, await self._store.delete(scope, number))

    async def remove_document(self, scope: Scope, number: int, document_id: str) -> None:
        """Take a document from an assistant. Raises `NotFound`."""
        removed = await self._store.remove_document(scope, number, document_id)
        self._library.are_gone(scope, removed)

    async def search(self, scope: Scope, number: int, question: str, limit: int) -> list[Passage]:
        """What an assistant's documents say about something. Raises `NotFound`."""
        found = await self._store.find(scope, number)
        sources = Sources(assistant_id=found.id)
        return await self._library.search(scope, sources, question, limit)

    async def begin_chat(
        self, scope: Scope, number: int, key: IdempotencyKey | None = None
    ) -> Chat:
        """Begin a conversation with an assistant. Raises `NotFound`, `IdempotencyMismatch`."""
        found = await self._store.find(scope, number)
        begun = await self._desk.create(scope, None, Profile(assistant_id=found.id), key)
        return Chat(begun.id, begun.number, number)

    async def chat(self, scope: Scope, number: int) -> Chat:
        """Raises `NotFound`."""
        return await self._store.chat(scope, number)

    async def chat_of(self, scope: Scope, conversation_id: str) -> Chat:
        """The same by the id of the conversation, whoever began it. Raises `NotFound`."""
        return await self._store.chat_of(scope, conversation_id)


def _with_files(key: IdempotencyKey | None, files: Sequence[KeptFile]) -> IdempotencyKey | None:
    """A key that stands for the same request with the same files."""
    if key is None:
        return None
    told = hashlib.sha256(key.fingerprint.encode())
    for file in files:
        told.update(f"\0{file.name}\0{file.sha256}".encode())
    return replace(key, fingerprint=told.hexdigest())
