"""A conversation as the Messages API has it: user and assistant by turns, the system's words apart.

See https://platform.claude.com/docs/en/api/messages
"""

import json
from collections.abc import Sequence
from typing import Any

from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.providers.text import storable

_BEGINNING = "…"
"""Stands for what the user said before, where a conversation begins with an answer."""


def write_system(prompts: Sequence[Prompt]) -> str:
    """The words of the system, joined."""
    said = [storable(prompt.content) for prompt in prompts if prompt.role is Role.SYSTEM]
    return "\n\n".join(text for text in said if text.strip())


def write_messages(prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    """Everyone else's, neighbours of one role merged. What is empty is left out: it is refused."""
    messages: list[dict[str, Any]] = []
    for prompt in prompts:
        blocks = [] if prompt.role is Role.SYSTEM else _blocks(prompt)
        if not blocks:
            continue
        role = "assistant" if prompt.role is Role.ASSISTANT else "user"
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": role, "content": blocks})
    if not messages or messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [_text(_BEGINNING)]})
    return messages


def _blocks(prompt: Prompt) -> list[dict[str, Any]]:
    text = storable(prompt.content)
    if prompt.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": prompt.tool_call_id, "content": text}]
    said = [_text(text)] if text.strip() else []
    return [*said, *(_tool_use(call) for call in prompt.tool_calls)]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _tool_use(call: ToolCalled) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": call.call_id,
        "name": call.name,
        "input": _arguments(call.arguments),
    }


def _arguments(text: str) -> dict[str, Any]:
    """Arguments as the object that they must be here, whatever another model wrote."""
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = text
    return arguments if isinstance(arguments, dict) else {"arguments": arguments}
