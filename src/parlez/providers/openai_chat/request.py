"""A question to a model, as the body of its request."""

from collections.abc import Sequence
from typing import Any

from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Options, Prompt, Tool
from parlez.providers.text import storable
from parlez.providers.vendor import Vendor


def write_request(request: ChatRequest, vendor: Vendor, *, stream: bool) -> dict[str, Any]:
    """The body of `POST /chat/completions`."""
    body: dict[str, Any] = {
        **vendor.defaults,
        "model": request.model,
        "messages": [_message(prompt) for prompt in request.messages],
        **_options(request.options, vendor),
    }
    if request.tools:
        body["tools"] = _tools(request.tools)
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


def _tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            },
        }
        for tool in tools
    ]


def _options(options: Options, vendor: Vendor) -> dict[str, Any]:
    fields: dict[str, tuple[str | None, Any]] = {
        "temperature": ("temperature", options.temperature),
        "top_p": ("top_p", options.top_p),
        "max_tokens": (vendor.max_tokens_field, options.max_tokens),
        "stop": ("stop", list(options.stop) or None),
        "seed": (vendor.seed_field, options.seed),
    }
    return {
        field: value
        for option, (field, value) in fields.items()
        if field and value is not None and option not in vendor.ignores
    }
