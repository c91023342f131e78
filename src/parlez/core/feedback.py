"""What users think of answers."""

from dataclasses import dataclass
from enum import StrEnum

from parlez.core.errors import InvalidInput

BEST = 5


class FeedbackType(StrEnum):
    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"
    RATING = "rating"
    """From 1 to 5; 4 and more is positive, 2 and less negative."""
    REPORT = "report"
    """Something is wrong with the answer."""


_THUMBS = {FeedbackType.THUMBS_UP: 1, FeedbackType.THUMBS_DOWN: -1}


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one user says about one message. There is one of each type, and a later one takes its
    place. `user_label` is None where the account itself speaks."""

    conversation_id: str
    message_id: str
    user_label: str | None
    type: FeedbackType
    value: int | None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback as it was stored, at a time in microseconds since 1970, UTC."""

    message_id: str
    user_label: str | None
    type: FeedbackType
    value: int | None
    comment: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class FeedbackAnalysis:
    """The feedback on a conversation. `total_messages` counts its head branch, everything else also
    what was said of answers that others have taken the place of. `details` are the newest."""

    conversation_id: str
    total_messages: int
    messages_with_feedback: int
    total_feedback: int
    positive: int
    negative: int
    average_rating: float | None
    details: list[Given]


def value_of(kind: FeedbackType, value: int | None) -> int | None:
    """The value to keep. Raises `InvalidInput` for one that does not fit its type."""
    if kind is FeedbackType.RATING:
        if value is None or not 1 <= value <= BEST:
            raise InvalidInput(f"feedback_value: a rating is a whole number from 1 to {BEST}")
        return value
    if value not in (None, -1, 0, 1):
        raise InvalidInput(f"feedback_value: for {kind} it is -1, 0 or 1, or left out")
    return _THUMBS.get(kind) if value is None else value
