"""From a chat completion's request to a turn's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from parlez.api.openai.chat_schemas import ChatRequest, Message, ResponseFormat
from parlez.api.openai.chat_schemas import Tool as ToolField
from parlez.api.openai.fields import JsonSchema, tool_of
from parlez.api.openai.forms import tool_choice_of
from parlez.api.openai.prompts import check_calls, joined, text_of, without_empty
from parlez.api.openai.refusals import Harmless, if_false, never, refuse, unsupported
from parlez.api.openai.ties import tied_to
from parlez.core.errors import InvalidInput
from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import AnswerForm, Options, Prompt, Tool
from parlez.core.ports.chat_model import ResponseFormat as WantedFormat
from parlez.core.turns import TurnRequest

_REFUSED: Mapping[str, Harmless] = MappingProxyType(
    {
        "n": lambda value: value == 1,
        "logprobs": if_false,
        "top_logprobs": if_false,
        "modalities": lambda value: value == ["text"],
        "audio": never,
        "functions": never,
        "function_call": never,
        "web_search_options": never,
        "moderation": never,
    }
)


def turn_request(body: ChatRequest) -> TurnRequest:
    """What is asked. Without a conversation to which the call is tied, all that was said before is
    part of a new one; within one, only what follows the last answer is new. Raises `InvalidInput`.
    """
    refuse(body, _REFUSED)
    said, system = _said(body.messages)
    check_calls(said, "messages")
    conversation_id = tied_to(body.metadata)
    new = said if conversation_id is None else _new(said)
    *earlier, last = without_empty(new, "messages")
    tools = _tools(body.tools or ())
    return TurnRequest(
        text=last.content,
        conversation_id=conversation_id,
        user_label=None if conversation_id else body.user,
        model=body.model,
        system_prompt=system,
        options=_options(body),
        stream=bool(body.stream),
        form=AnswerForm(
            tools=tools,
            tool_choice=tool_choice_of(body.tool_choice, tools),
            parallel_tool_calls=body.parallel_tool_calls,
            response_format=_response_format(body.response_format),
        ),
        earlier=tuple(earlier),
        role=last.role,
        tool_call_id=last.tool_call_id,
        sources=body.sources,
        no_search=body.no_search,
    )


def _said(messages: Sequence[Message]) -> tuple[list[Prompt], str | None]:
    """What everyone said, and the system's words apart."""
    said: list[Prompt] = []
    system: list[str] = []
    for place, message in enumerate(messages):
        text = text_of(message.content, f"messages[{place}].content") or message.refusal or ""
        if message.role in ("system", "developer"):
            system.append(text)
            continue
        if message.role == "tool" and message.tool_call_id is None:
            raise InvalidInput(
                f"messages[{place}] needs a tool_call_id.", param=f"messages[{place}].tool_call_id"
            )
        calls = message.tool_calls if message.role == "assistant" else None
        said.append(
            Prompt(
                Role(message.role),
                text,
                tuple(
                    ToolCalled(call.id, call.function.name, call.function.arguments)
                    for call in calls or ()
                ),
                message.tool_call_id if message.role == "tool" else None,
            )
        )
    return said, joined(system)


def _new(said: Sequence[Prompt]) -> list[Prompt]:
    """What follows the last answer: the conversation has the rest already."""
    answers = [place for place, prompt in enumerate(said) if prompt.role is Role.ASSISTANT]
    return list(said[answers[-1] + 1 :] if answers else said)


def _options(body: ChatRequest) -> Options:
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    return Options(
        temperature=body.temperature,
        top_p=body.top_p,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        stop=tuple(text for text in stop if text),
        seed=body.seed,
        frequency_penalty=body.frequency_penalty,
        presence_penalty=body.presence_penalty,
        logit_bias=body.logit_bias or None,
        reasoning_effort=body.reasoning_effort,
    )


def _tools(tools: Sequence[ToolField]) -> tuple[Tool, ...]:
    for place, tool in enumerate(tools):
        if tool.type != "function":
            raise unsupported(
                f"tools[{place}].type", f"tools[{place}]: only functions are supported."
            )
        if tool.function is None:
            raise InvalidInput(f"tools[{place}] needs a function.", param=f"tools[{place}]")
    return tuple(tool_of(tool.function) for tool in tools if tool.function)


def _response_format(wanted: ResponseFormat | None) -> WantedFormat | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return WantedFormat("json_object")
    if wanted.json_schema is None:
        raise InvalidInput(
            "response_format needs a json_schema.", param="response_format.json_schema"
        )
    return wanted_schema(wanted.json_schema)


def wanted_schema(schema: JsonSchema) -> WantedFormat:
    return WantedFormat(
        "json_schema", schema.name, schema.description or "", schema.schema_, schema.strict
    )
