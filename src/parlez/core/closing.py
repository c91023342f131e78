"""The events with which a turn closes. They are not logged: they follow from the turn itself."""

from parlez.core.events import (
    ErrorRaised,
    Event,
    Numbered,
    TextDelta,
    TurnEnded,
    UsageReported,
)
from parlez.core.turns import EndedTurn


def closing_events(ended: EndedTurn) -> list[Numbered]:
    """What comes after the last logged event: usage and error where there are any, and the end."""
    turn, length = ended.turn, len(ended.text)
    events: list[Event] = []
    if turn.usage:
        events.append(UsageReported(turn.usage))
    if turn.error:
        events.append(ErrorRaised(turn.error.code, turn.error.message, turn.error.retryable))
    events.append(TurnEnded(turn.state, turn.reason or ""))
    return [Numbered(turn.log_end + 1 + place, length, event) for place, event in enumerate(events)]


def missing_text(ended: EndedTurn, characters: int) -> list[Numbered]:
    """The rest of the answer in one piece, for a follower who has only so many characters and for
    whom there is no log: the turn was not streamed, or its log has been pruned."""
    rest = ended.text[characters:]
    return [Numbered(ended.turn.log_end, len(ended.text), TextDelta(rest))] if rest else []


def log_end_without_log(text: str) -> int:
    """The number of the last event of an answer that was not logged: its start is 1, and all of
    its text together counts as one more."""
    return 2 if text else 1
