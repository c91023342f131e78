"""Why an answer ended."""

from types import MappingProxyType
from typing import Any

_REASONS = MappingProxyType(
    {
        "length": "length",
        "model_length": "length",
        "content_filter": "content_filter",
        "tool_calls": "tool_calls",
        "function_call": "tool_calls",
    }
)


def read_finish_reason(raw: Any, *, called_tools: bool) -> str:
    """The vendor's reason in our four words; what is unknown or missing counts as stop."""
    reason = _REASONS.get(raw, "stop") if isinstance(raw, str) else "stop"
    # Some servers say stop after calling a tool, which would leave the call unanswered.
    return "tool_calls" if called_tools and reason == "stop" else reason
