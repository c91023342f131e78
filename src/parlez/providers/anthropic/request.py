"""A question to a model, as the body of its request."""

from typing import Any

from parlez.core.errors import ModelRejected
from parlez.core.ports.chat_model import AnswerForm, ChatRequest, Options, ToolChoice
from parlez.providers.anthropic.messages import write_messages, write_system
from parlez.providers.vendor import Vendor

_HOTTEST = 1.0
_USUAL_MOST_TOKENS = 4_096


def write_request(request: ChatRequest, vendor: Vendor, *, stream: bool) -> dict[str, Any]:
    """The body of `POST /v1/messages`."""
    body: dict[str, Any] = {
        # Unlike elsewhere, a bound of the answer must be told.
        "max_tokens": vendor.longest_answer or _USUAL_MOST_TOKENS,
        **vendor.defaults,
        "model": request.model,
        "messages": write_messages(request.messages),
        **_options(request.options, vendor),
        **_form(request.form, vendor),
    }
    if system := write_system(request.messages):
        body["system"] = system
    if stream:
        body["stream"] = True
    return body


def _form(form: AnswerForm, vendor: Vendor) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.tools:
        fields["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.parameters,
                **({} if tool.strict is None else {"strict": tool.strict}),
            }
            for tool in form.tools
        ]
        if choice := _tool_choice(form):
            fields["tool_choice"] = choice
    if wanted := form.response_format:
        if wanted.type != "json_schema":
            raise ModelRejected(
                f"{vendor.display_name} has no response_format '{wanted.type}'. "
                "Ask for 'json_schema', with a schema."
            )
        # https://platform.claude.com/docs/en/build-with-claude/structured-outputs
        fields["output_config"] = {"format": {"type": "json_schema", "schema": wanted.schema}}
    return fields


def _tool_choice(form: AnswerForm) -> dict[str, Any] | None:
    """See https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools"""
    one_at_a_time = form.parallel_tool_calls is False
    if form.tool_choice is None and not one_at_a_time:
        return None
    choice = form.tool_choice or ToolChoice("auto")
    if choice.mode == "none":
        return {"type": "none"}
    kinds = {"auto": "auto", "required": "any", "function": "tool"}
    fields: dict[str, Any] = {"type": kinds[choice.mode]}
    if choice.mode == "function":
        fields["name"] = choice.name
    if one_at_a_time:
        fields["disable_parallel_tool_use"] = True
    return fields


def _options(options: Options, vendor: Vendor) -> dict[str, Any]:
    heat = options.temperature
    fields: dict[str, tuple[str, Any]] = {
        # OpenAI's scale ends at 2 and this one at 1.
        "temperature": ("temperature", None if heat is None else min(heat, _HOTTEST)),
        "top_p": ("top_p", options.top_p),
        "max_tokens": ("max_tokens", options.max_tokens),
        # One of white space alone is refused.
        "stop": ("stop_sequences", [text for text in options.stop if text.strip()] or None),
    }
    return {
        field: value
        for option, (field, value) in fields.items()
        if value is not None and option not in vendor.ignores
    }
