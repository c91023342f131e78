"""Where feedback lives: one method per transaction."""

from typing import Protocol

from parlez.core.feedback import Feedback, FeedbackAnalysis
from parlez.core.identity import Scope
from parlez.core.turns import IdempotencyKey


class FeedbackStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing."""

    async def give(self, scope: Scope, feedback: Feedback, key: IdempotencyKey | None) -> str:
        """Keep feedback in the place of an earlier one by the same user, on the same message, of
        the same type; its id. A key that is known does nothing. Raises `NotFound`,
        `IdempotencyMismatch`, and `InvalidInput` for a message that is no answer."""
        ...

    async def analyse(
        self, scope: Scope, conversation_id: str, user_label: str | None, most: int
    ) -> FeedbackAnalysis:
        """With the newest `most` details. Raises `NotFound`."""
        ...
