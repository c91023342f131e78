"""Why an answer ended, after https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons"""

from types import MappingProxyType
from typing import Any

_REASONS = MappingProxyType(
    {
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
    }
)


def read_stop_reason(raw: Any) -> str:
    """The vendor's reason in our four words; what is unknown or missing counts as stop."""
    return _REASONS.get(raw, "stop") if isinstance(raw, str) else "stop"
