"""A language model that answers a list of messages."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from parlez.core.events import LoggedEvent, ToolCalled, Usage
from parlez.core.messages import Role


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message as a model reads it.

    `tool_calls` are those an assistant made, and a message of role tool answers the call named
    by `tool_call_id`.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCalled, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask its caller to run; `parameters` is a JSON schema. `strict`
    asks for arguments that keep to it; None leaves that to the vendor."""

    name: str
    description: str
    parameters: dict[str, Any]
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether a tool is called: as the model likes, never, in any case, or the one of that
    `name`."""

    mode: Literal["auto", "none", "required", "function"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """What the text of an answer must be: any JSON object, or JSON after a schema, which has a
    name of the caller's."""

    type: Literal["json_object", "json_schema"]
    name: str = ""
    description: str = ""
    schema: dict[str, Any] | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What an answer may be made of besides free text. None leaves the choice to the vendor;
    `parallel_tool_calls` says whether it may call several tools at once."""

    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer. None leaves the choice to the vendor; `max_tokens` bounds the answer, and
    `logit_bias` goes by the vendor's own numbers of tokens."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    reasoning_effort: str | None = None


FREE = AnswerForm()
"""Text, in whatever form."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A whole question to a model. `model` is the vendor's own name for it."""

    model: str
    messages: Sequence[Prompt]
    options: Options = Options()
    form: AnswerForm = FREE


@dataclass(frozen=True, slots=True)
class Finished:
    """How an answer ended: `reason` is stop, length, tool_calls or content_filter."""

    reason: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer."""

    text: str
    tool_calls: tuple[ToolCalled, ...]
    finished: Finished


class ChatModel(Protocol):
    """A vendor, spoken to in its wire format.

    Both methods raise `ModelError` and nothing else. They retry by themselves, and only as long
    as the vendor has not begun to answer. Cancelling one closes its connection at once.
    """

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes: pieces of text (never an empty one, never half a
        character), tool calls once they are whole, and `Finished` exactly once, last. An answer
        that breaks off raises `ModelFailed`; what was yielded before stays said."""
        ...
