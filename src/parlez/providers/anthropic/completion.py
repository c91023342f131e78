"""A whole answer, from the body of its response."""

import json
from typing import Any

from parlez.core.events import ToolCalled
from parlez.core.ports.chat_model import Completion, Finished
from parlez.providers.anthropic.finish import read_stop_reason
from parlez.providers.anthropic.usage import UsageCount
from parlez.providers.errors import not_understood, read_error_in_answer
from parlez.providers.nonsense import NONSENSE
from parlez.providers.text import storable
from parlez.providers.vendor import Vendor


def read_completion(vendor: Vendor, body: bytes) -> Completion:
    """The answer in a body of status 200. Raises `ModelError` where there is none."""
    try:
        answer = json.loads(body)
        error = answer.get("error")
        if not error:
            return _completion(answer)
    except NONSENSE as reason:
        raise not_understood(vendor) from reason
    raise read_error_in_answer(vendor, error)


def _completion(answer: dict[str, Any]) -> Completion:
    blocks = answer["content"]
    usage = UsageCount()
    usage.add(answer.get("usage"))
    return Completion(
        # A model that thinks puts its thoughts into blocks of another type.
        text=storable("".join(block["text"] for block in blocks if block["type"] == "text")),
        tool_calls=tuple(_call(block) for block in blocks if block["type"] == "tool_use"),
        finished=Finished(read_stop_reason(answer.get("stop_reason")), usage.total()),
    )


def _call(block: dict[str, Any]) -> ToolCalled:
    return ToolCalled(
        call_id=storable(block["id"]),
        name=storable(block["name"]),
        arguments=storable(json.dumps(block["input"], ensure_ascii=False)),
    )
