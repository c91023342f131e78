"""The events with which a turn closes. They are not logged: they follow from the turn itself."""

from collections.abc import Sequence

from parlez.core.events import (
    CitationAdded,
    ErrorRaised,
    Event,
    Numbered,
    TextDelta,
    ToolCalled,
    TurnEnded,
    UsageReported,
)
from parlez.core.turns import EndedTurn


def closing_events(ended: EndedTurn) -> list[Numbered]:
    """What comes after the last logged event: citations, usage and error where there are any, and
    the end."""
    turn, length = ended.turn, len(ended.text)
    events: list[Event] = [CitationAdded(each) for each in turn.citations]
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
    number = ended.turn.log_end - len(ended.tool_calls)
    return [Numbered(number, len(ended.text), TextDelta(rest))] if rest else []


def missing_calls(ended: EndedTurn, number: int) -> list[Numbered]:
    """The tools called, for a follower who has the events up to a number and for whom there is no
    log. A model calls its tools after all that it says, so theirs are the last numbers of a log."""
    first = ended.turn.log_end - len(ended.tool_calls) + 1
    numbered = [
        Numbered(place, len(ended.text), call) for place, call in enumerate(ended.tool_calls, first)
    ]
    return [event for event in numbered if event.number > number]


def log_end_without_log(text: str, tool_calls: Sequence[ToolCalled]) -> int:
    """The number of the last event of an answer that was not logged: its start is 1, all of its
    text together counts as one more, and so does each tool called."""
    return (2 if text else 1) + len(tool_calls)
