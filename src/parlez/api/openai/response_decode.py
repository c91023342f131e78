"""From a response's request to a turn's."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from parlez.api.openai.fields import Function, tool_of
from parlez.api.openai.forms import tool_choice_of
from parlez.api.openai.ids import response_id
from parlez.api.openai.prompts import check_calls, joined, text_of, without_empty
from parlez.api.openai.refusals import Harmless, if_false, never, refuse, unsupported
from parlez.api.openai.response_schemas import CreateRequest, FunctionTool, InputItem, TextFormat
from parlez.api.openai.ties import tied_to
from parlez.core.errors import InvalidInput
from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import AnswerForm, Options, Prompt, ResponseFormat, Tool
from parlez.core.turns import EndedTurn, TurnRequest

_REFUSED: Mapping[str, Harmless] = MappingProxyType(
    {"prompt": never, "moderation": never, "top_logprobs": if_false}
)

_IGNORED_ITEMS = frozenset({"reasoning"})
"""Items that a model's own earlier output may hold, and no other model can use."""


def turn_request(body: CreateRequest, previous: EndedTurn | None) -> TurnRequest:
    """What is asked, behind the response that it names, if it names one. Raises `InvalidInput`."""
    refuse(body, _REFUSED)
    items = _items(body)
    said, system = _said(items)
    conversation_id = _conversation(body, previous)
    check_calls(said, "input", _awaited(conversation_id, previous))
    *earlier, last = without_empty(said, "input")
    tools = _tools(body.tools or ())
    return TurnRequest(
        text=last.content,
        conversation_id=conversation_id,
        user_label=None if conversation_id else body.user,
        model=body.model,
        system_prompt=joined([body.instructions or "", *system]),
        options=Options(
            temperature=body.temperature,
            top_p=body.top_p,
            max_tokens=body.max_output_tokens,
            reasoning_effort=body.reasoning.effort if body.reasoning else None,
        ),
        # Whoever is not told now comes back to follow.
        stream=bool(body.stream or body.background),
        form=AnswerForm(
            tools=tools,
            tool_choice=tool_choice_of(body.tool_choice, tools),
            parallel_tool_calls=body.parallel_tool_calls,
            response_format=_format(body.text.format if body.text else None),
        ),
        earlier=tuple(earlier),
        parent_id=previous.turn.answer_id if previous else None,
        role=last.role,
        tool_call_id=last.tool_call_id,
        echo=_echo(body, previous),
        sources=body.sources,
        no_search=body.no_search,
    )


def _items(body: CreateRequest) -> list[InputItem]:
    if isinstance(body.input, str):
        return [InputItem(role="user", content=body.input)]
    return [item for item in body.input if item.type not in _IGNORED_ITEMS]


def _said(items: Sequence[InputItem]) -> tuple[list[Prompt], list[str]]:
    """What everyone said, calls of functions joined to the message that they came with, and the
    system's words apart."""
    said: list[Prompt] = []
    system: list[str] = []
    for place, item in enumerate(items):
        param = f"input[{place}]"
        match item.type:
            case "message" if item.role in ("system", "developer"):
                system.append(text_of(item.content, f"{param}.content"))
            case "message" if item.role is not None:
                said.append(Prompt(Role(item.role), text_of(item.content, f"{param}.content")))
            case "function_call":
                before = said.pop() if said and said[-1].role is Role.ASSISTANT else None
                calls = (*(before.tool_calls if before else ()), _call(item, param))
                said.append(Prompt(Role.ASSISTANT, before.content if before else "", calls))
            case "function_call_output":
                said.append(_result(item, param))
            case "message":
                raise InvalidInput(f"{param} needs a role.", param=f"{param}.role")
            case _:
                raise unsupported(param, f"{param} is of a type that is not supported.")
    return said, system


def _call(item: InputItem, param: str) -> ToolCalled:
    if item.call_id is None or item.name is None or item.arguments is None:
        raise InvalidInput(f"{param} needs call_id, name and arguments.", param=param)
    return ToolCalled(item.call_id, item.name, item.arguments)


def _result(item: InputItem, param: str) -> Prompt:
    if item.call_id is None or item.output is None:
        raise InvalidInput(f"{param} needs call_id and output.", param=param)
    text = text_of(item.output, f"{param}.output")
    return Prompt(Role.TOOL, text, tool_call_id=item.call_id)


def _conversation(body: CreateRequest, previous: EndedTurn | None) -> str | None:
    named = body.conversation if isinstance(body.conversation, str | None) else body.conversation.id
    tied = tied_to(body.metadata, named)
    if previous is None:
        return tied
    if tied not in (None, previous.turn.conversation_id):
        raise InvalidInput(
            "The previous response is not of the conversation that was named.",
            param="previous_response_id",
        )
    return previous.turn.conversation_id


def _awaited(conversation_id: str | None, previous: EndedTurn | None) -> list[str] | None:
    """The calls whose results must come first, None where that is not known."""
    if previous is not None and previous.turn.state.ended:
        return [call.call_id for call in previous.tool_calls]
    return None if conversation_id else []


def _tools(tools: Sequence[FunctionTool]) -> tuple[Tool, ...]:
    functions = []
    for place, tool in enumerate(tools):
        if tool.type != "function":
            raise unsupported(
                f"tools[{place}].type", f"tools[{place}]: only functions are supported."
            )
        if tool.name is None:
            raise InvalidInput(f"tools[{place}] needs a name.", param=f"tools[{place}].name")
        functions.append(
            Function(
                name=tool.name,
                description=tool.description,
                parameters=tool.parameters,
                strict=tool.strict,
            )
        )
    return tuple(tool_of(function) for function in functions)


def _format(wanted: TextFormat | None) -> ResponseFormat | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return ResponseFormat("json_object")
    if wanted.name is None or wanted.schema_ is None:
        raise InvalidInput("text.format needs a name and a schema.", param="text.format")
    return ResponseFormat(
        "json_schema", wanted.name, wanted.description or "", wanted.schema_, wanted.strict
    )


def _echo(body: CreateRequest, previous: EndedTurn | None) -> dict[str, Any]:
    """What the response will say again, as it was asked."""
    asked = body.model_dump(
        include={
            "background",
            "instructions",
            "metadata",
            "parallel_tool_calls",
            "text",
            "tool_choice",
            "tools",
            "user",
        },
        exclude_none=True,
        by_alias=True,
    )
    if previous:
        asked["previous_response_id"] = response_id(previous.turn.id)
    return asked
