"""A question to a model, as the body of its request."""

from collections.abc import Sequence
from typing import Any

from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import (
    AnswerForm,
    ChatRequest,
    Options,
    Prompt,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from parlez.providers.text import storable
from parlez.providers.vendor import Vendor


def write_request(request: ChatRequest, vendor: Vendor, *, stream: bool) -> dict[str, Any]:
    """The body of `POST /chat/completions`."""
    body: dict[str, Any] = {
        **vendor.defaults,
        "model": request.model,
        "messages": [_message(prompt) for prompt in request.messages],
        **_options(request.options, vendor),
        **_form(request.form, vendor),
    }
    if stream:
        body["stream"] = True
        if vendor.stream_options:
            # Without it a streamed answer ends without its usage.
            body["stream_options"] = {"include_usage": True}
    return body


def _message(prompt: Prompt) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": prompt.role.value,
        "content": storable(prompt.content),
    }
    if prompt.tool_calls:
        message["content"] = message["content"] or None
        message["tool_calls"] = [_tool_call(call) for call in prompt.tool_calls]
    if prompt.role is Role.TOOL:
        message["tool_call_id"] = prompt.tool_call_id
    return message


def _tool_call(call: ToolCalled) -> dict[str, Any]:
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _form(form: AnswerForm, vendor: Vendor) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.tools:
        fields["tools"] = _tools(form.tools)
        # Without tools these are refused.
        if form.tool_choice:
            fields["tool_choice"] = _tool_choice(form.tool_choice)
        if form.parallel_tool_calls is not None and "parallel_tool_calls" not in vendor.ignores:
            fields["parallel_tool_calls"] = form.parallel_tool_calls
    if form.response_format:
        fields["response_format"] = _response_format(form.response_format)
    return fields


def _tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                **({} if tool.strict is None else {"strict": tool.strict}),
            },
        }
        for tool in tools
    ]


def _tool_choice(choice: ToolChoice) -> Any:
    if choice.mode == "function":
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode


def _response_format(wanted: ResponseFormat) -> dict[str, Any]:
    if wanted.type == "json_object":
        return {"type": "json_object"}
    fields = {
        "name": wanted.name,
        "description": wanted.description or None,
        "schema": wanted.schema,
        "strict": wanted.strict,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return {"type": "json_schema", "json_schema": known}


def _options(options: Options, vendor: Vendor) -> dict[str, Any]:
    fields: dict[str, tuple[str | None, Any]] = {
        "temperature": ("temperature", options.temperature),
        "top_p": ("top_p", options.top_p),
        "max_tokens": (vendor.max_tokens_field, options.max_tokens),
        "stop": ("stop", list(options.stop) or None),
        "seed": (vendor.seed_field, options.seed),
        "frequency_penalty": ("frequency_penalty", options.frequency_penalty),
        "presence_penalty": ("presence_penalty", options.presence_penalty),
        "logit_bias": ("logit_bias", options.logit_bias),
        "reasoning_effort": ("reasoning_effort", options.reasoning_effort),
    }
    return {
        field: value
        for option, (field, value) in fields.items()
        if field and value is not None and option not in vendor.ignores
    }
