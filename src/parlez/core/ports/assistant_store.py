"""Where assistants live: one method per transaction."""

from collections.abc import Sequence
from typing import Protocol

from parlez.core.assistants import Assistant, AssistantChanges, Chat
from parlez.core.identity import Scope
from parlez.core.ports.document_store import KeptFile
from parlez.core.turns import IdempotencyKey


class AssistantStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing.

    Where a method tells ids of documents, these went with what was done: they had been uploaded
    for an assistant, and no other one has them.
    """

    async def page(self, scope: Scope, limit: int, offset: int) -> list[Assistant]:
        """Oldest first."""
        ...

    async def find(self, scope: Scope, number: int) -> Assistant:
        """Raises `NotFound`."""
        ...

    async def create(
        self,
        scope: Scope,
        wanted: AssistantChanges,
        files: Sequence[KeptFile],
        key: IdempotencyKey | None,
    ) -> Assistant:
        """A new assistant; with a key that is known, the one it names. Raises
        `IdempotencyMismatch`, and `Conflict` for a name that is taken, or if there are as many
        assistants, or files, as there may be."""
        ...

    async def change(
        self,
        scope: Scope,
        number: int,
        changes: AssistantChanges,
        files: Sequence[KeptFile],
        key: IdempotencyKey | None,
    ) -> tuple[Assistant, list[str]]:
        """The assistant as it is then, and documents that went; with a key that is known, the
        assistant as it is. Raises `NotFound`, `IdempotencyMismatch`, and `Conflict` as `create`
        does."""
        ...

    async def delete(self, scope: Scope, number: int) -> list[str]:
        """Documents that went. Conversations with the assistant stay. Raises `NotFound`."""
        ...

    async def remove_document(self, scope: Scope, number: int, document_id: str) -> list[str]:
        """Take a document from an assistant; it, if it went. Raises `NotFound`."""
        ...

    async def chat(self, scope: Scope, number: int) -> Chat:
        """Raises `NotFound`."""
        ...

    async def chat_of(self, scope: Scope, conversation_id: str) -> Chat:
        """Raises `NotFound`."""
        ...
