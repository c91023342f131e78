"""Feedback as rows, and behind `core.ports.feedback_store`."""

from sqlalchemy import text

from parlez.core.errors import InvalidInput
from parlez.core.feedback import Feedback, FeedbackAnalysis, FeedbackType, Given
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import Role
from parlez.core.ports.clock import Clock
from parlez.core.turns import IdempotencyKey
from parlez.storage import conversations, idempotency, messages
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_GIVE = text("""
    INSERT INTO feedback
        (account_id, conversation_id, message_id, user_label, type, id, value, comment, created_at)
    VALUES
        (:account_id, :conversation_id, :message_id, :user_label, :type, :id, :value, :comment,
         :now)
    ON CONFLICT (account_id, conversation_id, message_id, user_label, type) DO UPDATE SET
        value = excluded.value, comment = excluded.comment, created_at = excluded.created_at
    RETURNING id
""")

# Rows lie sorted by message, so that each message's are together.
_ANALYSE = text("""
    SELECT count(DISTINCT message_id), count(*),
        sum(CASE WHEN type = 'thumbs_up' OR type = 'rating' AND value >= 4 THEN 1 ELSE 0 END),
        sum(CASE WHEN type IN ('thumbs_down', 'report') OR type = 'rating' AND value <= 2
            THEN 1 ELSE 0 END),
        sum(CASE WHEN type = 'rating' THEN value ELSE 0 END),
        sum(CASE WHEN type = 'rating' THEN 1 ELSE 0 END)
    FROM feedback WHERE account_id = :account_id AND conversation_id = :conversation_id
""")

_NEWEST = text("""
    SELECT message_id, user_label, type, value, comment, created_at FROM feedback
    WHERE account_id = :account_id AND conversation_id = :conversation_id
    ORDER BY created_at DESC, id DESC LIMIT :most
""")


class SqlFeedbackStore:
    def __init__(self, database: Database, clock: Clock):
        self._database = database
        self._clock = clock

    async def give(self, scope: Scope, feedback: Feedback, key: IdempotencyKey | None) -> str:
        now = self._clock.now()
        return await self._database.write(lambda c: _give(c, scope, feedback, key, now))

    async def analyse(
        self, scope: Scope, conversation_id: str, user_label: str | None, most: int
    ) -> FeedbackAnalysis:
        return await self._database.read(
            lambda c: _analyse(c, scope, conversation_id, user_label, most)
        )


def _give(
    c: Connection, scope: Scope, feedback: Feedback, key: IdempotencyKey | None, now: int
) -> str:
    feedback_id = new_id()
    known = idempotency.claim(c, scope, key, feedback_id, now) if key else None
    if known:
        return known
    conversations.hold(c, scope, feedback.conversation_id)
    message, _ = messages.find(c, scope, feedback.conversation_id, feedback.message_id)
    if message.role is not Role.ASSISTANT:
        raise InvalidInput("Feedback is given on answers, and that message is the user's.")
    row = c.one(
        _GIVE,
        account_id=scope.account_id,
        conversation_id=feedback.conversation_id,
        message_id=feedback.message_id,
        user_label=feedback.user_label or "",
        type=feedback.type,
        id=feedback_id,
        value=feedback.value,
        comment=feedback.comment,
        now=now,
    )
    assert row is not None
    if key and row[0] != feedback_id:
        idempotency.rename(c, scope, key, row[0])
    return str(row[0])


def _analyse(
    c: Connection, scope: Scope, conversation_id: str, user_label: str | None, most: int
) -> FeedbackAnalysis:
    conversation = conversations.find(c, scope, conversation_id, user_label)
    row = c.one(_ANALYSE, account_id=scope.account_id, conversation_id=conversation_id)
    assert row is not None
    with_feedback, total, positive, negative, stars, ratings = (number or 0 for number in row)
    newest = c.all(_NEWEST, account_id=scope.account_id, conversation_id=conversation_id, most=most)
    return FeedbackAnalysis(
        conversation_id,
        conversation.message_count,
        with_feedback,
        total,
        positive,
        negative,
        round(stars / ratings, 2) if ratings else None,
        [_read(each) for each in newest],
    )


def _read(row: Row) -> Given:
    message_id, user_label, kind, value, comment, created_at = row
    return Given(message_id, user_label or None, FeedbackType(kind), value, comment, created_at)
