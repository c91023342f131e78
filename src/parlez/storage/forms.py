"""How a turn is to be answered, as JSON: its options, and the form of its answer."""

import json
from dataclasses import asdict
from typing import Any

from parlez.core.ports.chat_model import (
    FREE,
    AnswerForm,
    Options,
    ResponseFormat,
    Tool,
    ToolChoice,
)

_PLAIN = "{}"


def write_wishes(options: Options, form: AnswerForm) -> str:
    """Only what was chosen."""
    if options == Options() and form == FREE:
        return _PLAIN
    chosen = _chosen(asdict(options))
    if form != FREE:
        chosen["form"] = _chosen(asdict(form))
    return json.dumps(chosen)


def read_wishes(text: str) -> tuple[Options, AnswerForm]:
    if text == _PLAIN:
        return Options(), FREE
    fields: dict[str, Any] = json.loads(text)
    form = fields.pop("form", None)
    options = Options(**{**fields, "stop": tuple(fields.get("stop", ()))})
    return options, _form(form) if form else FREE


def _chosen(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, ())}


def _form(fields: dict[str, Any]) -> AnswerForm:
    choice, wanted = fields.get("tool_choice"), fields.get("response_format")
    return AnswerForm(
        tools=tuple(Tool(**tool) for tool in fields.get("tools", ())),
        tool_choice=ToolChoice(**choice) if choice else None,
        parallel_tool_calls=fields.get("parallel_tool_calls"),
        response_format=ResponseFormat(**wanted) if wanted else None,
    )
