"""A question to a model, as the body of its request."""

from typing import Any

from parlez.core.ports.chat_model import ChatRequest, Options
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
    }
    if system := write_system(request.messages):
        body["system"] = system
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in request.tools
        ]
    if stream:
        body["stream"] = True
    return body


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
