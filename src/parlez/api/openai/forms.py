"""How an answer is to be made, in the words of the domain."""

from collections.abc import Mapping, Sequence
from typing import Any

from parlez.api.openai.refusals import unsupported
from parlez.core.errors import InvalidInput
from parlez.core.ports.chat_model import Tool, ToolChoice

_NESTED = "function"


def tool_choice_of(choice: Any, tools: Sequence[Tool]) -> ToolChoice | None:
    """A choice as either API spells it: a word, or an object that names a function. Raises
    `InvalidInput`."""
    if choice is None:
        return None
    if choice in ("auto", "none", "required"):
        if choice == "required" and not tools:
            raise _bad_choice("'required' needs tools to choose from.")
        return ToolChoice(choice)
    if not isinstance(choice, Mapping) or choice.get("type") != _NESTED:
        raise unsupported(
            "tool_choice", "tool_choice must be 'auto', 'none', 'required', or name one function."
        )
    name = choice.get("name") or _nested_name(choice.get(_NESTED))
    if name not in [tool.name for tool in tools]:
        raise _bad_choice("it names a function that is not among the tools.")
    return ToolChoice("function", name)


def _nested_name(function: Any) -> Any:
    return function.get("name") if isinstance(function, Mapping) else None


def _bad_choice(what: str) -> InvalidInput:
    return InvalidInput(f"tool_choice: {what}", param="tool_choice")
