"""Messages, and the states they and their turns go through."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parlez.core.citations import Citation
    from parlez.core.events import ToolCalled


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class State(StrEnum):
    """Where a turn stands. An answer has the state of its turn; a user message is queued until
    its turn starts and completed from then on."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Message:
    """One stored message. `created_at` is in microseconds since 1970, UTC.

    `tool_calls` are those that an answer made, and a message of role tool answers the call named
    by `tool_call_id`. `citations` are what an answer rests on; only pages of messages have them.
    """

    id: str
    turn_id: str
    role: Role
    content: str
    state: State
    created_at: int
    tool_calls: "tuple[ToolCalled, ...]" = ()
    tool_call_id: str | None = None
    citations: "tuple[Citation, ...]" = ()
