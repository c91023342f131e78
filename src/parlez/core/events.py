"""The one language in which answers are streamed.

Providers translate into it, dialects out of it. The events of a turn are numbered from 1 without
a gap, and `Numbered` also carries how many characters of the answer have been said up to and
including its event, so that a reader can go on from either.
"""

from dataclasses import dataclass
from typing import Literal

from parlez.core.citations import Citation
from parlez.core.messages import State


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer. `estimated` is set where the vendor did not report them."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The model is at work; always event 1."""

    type: Literal["turn-started"] = "turn-started"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer, in Unicode code points that may not be split further."""

    text: str
    type: Literal["text-delta"] = "text-delta"


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model asks its caller to run a function; `arguments` is JSON text as it wrote it."""

    call_id: str
    name: str
    arguments: str
    type: Literal["tool-called"] = "tool-called"


@dataclass(frozen=True, slots=True)
class CitationAdded:
    """A part of the answer rests on a place in a document."""

    citation: Citation
    type: Literal["citation-added"] = "citation-added"


@dataclass(frozen=True, slots=True)
class UsageReported:
    """What the answer cost."""

    usage: Usage
    type: Literal["usage-reported"] = "usage-reported"


@dataclass(frozen=True, slots=True)
class ErrorRaised:
    """Why the turn failed; `turn-ended` follows."""

    code: str
    message: str
    retryable: bool
    type: Literal["error-raised"] = "error-raised"


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The last event. `reason` is the model's finish reason or what ended the turn instead."""

    state: State
    reason: str
    type: Literal["turn-ended"] = "turn-ended"


LoggedEvent = TextDelta | ToolCalled
"""What a model says while it answers. These are logged; the others follow from the turn."""

Event = TurnStarted | LoggedEvent | CitationAdded | UsageReported | ErrorRaised | TurnEnded


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event at its place: `number` from 1, `characters` of text so far, its own included."""

    number: int
    characters: int
    event: Event
