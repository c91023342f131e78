"""A turn: one user message and the answer to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from parlez.core.citations import Citation
from parlez.core.conversations import Profile
from parlez.core.events import ToolCalled, Usage
from parlez.core.identity import Scope
from parlez.core.messages import Role, State
from parlez.core.ports.chat_model import FREE, AnswerForm, Options, Prompt
from parlez.core.reserve import Reserve, Reserved
from parlez.core.retrieval import Sources


class TurnKind(StrEnum):
    """What a turn does to its conversation."""

    SAY = "say"
    """Adds a message and an answer at the tip."""
    RETRY = "retry"
    """Puts an answer in the place of one that came to nothing; its target is that one."""
    REGENERATE = "regenerate"
    """Begins a branch with another answer to a message. Its target is the tip of the branch before,
    which comes back if it says nothing."""
    EDIT = "edit"
    """Begins a branch with another message in the place of its target."""
    CONTINUE = "continue"
    """Puts an answer in the place of its target, beginning with the text of that."""


@dataclass(frozen=True, slots=True)
class Regeneration:
    """Answer once more: the message that was answered by `message_id`, or is it; None is the last
    one."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Say something else in the place of a user message, which begins a branch."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """Go on with an answer that was cut short; None is the last one."""

    message_id: str | None = None


Attachment = Regeneration | Edit | Continuation
"""Where a turn is put that does not just go on at the tip."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a caller asks for. Without a conversation id a conversation is begun.

    `user_label` is the caller's own name for whoever is talking; it is kept with a new
    conversation, and must be that of a known one. `stream` says whether the answer is logged as it
    is made, so that it can be followed, or only kept whole. `profile` is for a new conversation,
    and `attachment` for a known one: regenerating and continuing take no text.

    `earlier` is what was said before `text` and is not stored yet, and `parent_id` the message that
    all of it follows; without one that is the newest of the conversation. A caller that was asked
    to run a tool says the result, in `role` tool. `echo` is what a dialect will want to say of the
    turn again: it is kept, and means nothing here. `sources` are
    the documents that the answer is to rest on. Without them they are those of the conversation's
    assistant, and where it has none, or with `no_search`, the model says what it knows itself.
    Without `recalls` the model is not told what was said before.
    """

    text: str
    conversation_id: str | None = None
    user_label: str | None = None
    model: str | None = None
    system_prompt: str | None = None
    options: Options = Options()
    stream: bool = False
    form: AnswerForm = FREE
    profile: Profile | None = None
    attachment: Attachment | None = None
    earlier: tuple[Prompt, ...] = ()
    parent_id: str | None = None
    role: Role = Role.USER
    tool_call_id: str | None = None
    echo: Mapping[str, Any] | None = None
    sources: Sources | None = None
    no_search: bool = False
    recalls: bool = True

    @property
    def said(self) -> list[Prompt]:
        """All that is new, in order."""
        return [*self.earlier, Prompt(self.role, self.text, tool_call_id=self.tool_call_id)]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's promise that two requests with this key are one.

    Keys are unique per scope and `route`; `fingerprint` is a hash of everything that was asked,
    `stream` left out.
    """

    route: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Who a turn is for: the key that it was asked with, None for the local owner; the meters that
    count it; what its budgets must set aside for the turn that it comes to,
    None if it has none; and the session that it was asked in, None where there is none."""

    key_id: str | None = None
    meters: tuple[str, ...] = ()
    reserve: "Callable[[Turn], Reserve] | None" = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as stored. `created_at` is in microseconds since 1970, UTC. What `target_id` names
    depends on the kind.

    `log_end` is the number of the last logged event, once the turn has ended. `left_out` counts
    the messages of the conversation that did not fit the model's context.
    """

    id: str
    scope: Scope
    conversation_id: str
    user_message_id: str
    answer_id: str
    state: State
    attempt: int
    stream: bool
    model: str
    system_prompt: str | None
    options: Options
    created_at: int
    reason: str | None = None
    error: "TurnError | None" = None
    usage: Usage | None = None
    left_out: int = 0
    log_end: int = 1
    key_id: str | None = None
    reserved: Reserved | None = None
    kind: TurnKind = TurnKind.SAY
    target_id: str | None = None
    form: AnswerForm = FREE
    echo: Mapping[str, Any] | None = None
    sources: Sources | None = None
    citations: tuple[Citation, ...] = ()
    recalls: bool = True


@dataclass(frozen=True, slots=True)
class TurnError:
    """Why a turn failed. `retry_after`, in seconds from the failure, is not stored: it is for those
    who wait for the answer."""

    code: str
    message: str
    retryable: bool
    retry_after: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends: everything about it that is known only then. `model` is the one that
    answered, None where it is the one that the turn started with. `usage` is None only for a turn
    that never ran; `cost` is in micro-dollars, None where the price is not known, and `seconds` is
    how long the turn ran. `log_end` is None where only the log itself can tell."""

    state: State
    reason: str
    text: str = ""
    error: TurnError | None = None
    usage: Usage | None = None
    left_out: int = 0
    log_end: int | None = 1
    model: str | None = None
    cost: int | None = None
    seconds: float = 0.0
    tool_calls: tuple[ToolCalled, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """A turn that has ended, and its answer."""

    turn: Turn
    text: str = field(repr=False)
    tool_calls: tuple[ToolCalled, ...] = field(default=(), repr=False)


NOBODY = Payer()
"""Pays for the turns of the local owner."""
