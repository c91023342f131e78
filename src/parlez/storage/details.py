"""What a message holds beside its text, as JSON: tools that it calls, or the call it answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from parlez.core.events import ToolCalled


def write_detail(tool_calls: Sequence[ToolCalled], tool_call_id: str | None = None) -> str | None:
    """None where there is nothing to say."""
    detail: dict[str, Any] = {}
    if tool_calls:
        detail["tool_calls"] = [asdict(call) for call in tool_calls]
    if tool_call_id is not None:
        detail["tool_call_id"] = tool_call_id
    return json.dumps(detail) if detail else None


def read_calls(detail: str | None) -> tuple[ToolCalled, ...]:
    """The tools that a message calls."""
    calls = json.loads(detail).get("tool_calls", ()) if detail else ()
    return tuple(ToolCalled(**call) for call in calls)


def read_call_id(detail: str | None) -> str | None:
    """The call that a message answers."""
    return json.loads(detail).get("tool_call_id") if detail else None
