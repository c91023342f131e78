"""A whole answer, from the body of its response."""

import json
from typing import Any

from parlez.core.ports.chat_model import Completion, Finished
from parlez.providers.errors import not_understood
from parlez.providers.nonsense import NONSENSE
from parlez.providers.openai_chat.finish import read_finish_reason
from parlez.providers.openai_chat.in_answer import check_finish_reason, find_error, read_text
from parlez.providers.openai_chat.tool_calls import read_tool_calls
from parlez.providers.openai_chat.usage import read_usage
from parlez.providers.text import storable
from parlez.providers.vendor import Vendor


def read_completion(vendor: Vendor, body: bytes) -> Completion:
    """The answer in a body of status 200. Raises `ModelError` where there is none.

    See https://platform.openai.com/docs/api-reference/chat/object
    """
    try:
        answer = json.loads(body)
        error = find_error(vendor, answer)
        if error is None:
            return _completion(vendor, answer)
    except NONSENSE as reason:
        raise not_understood(vendor) from reason
    raise error


def _completion(vendor: Vendor, answer: dict[str, Any]) -> Completion:
    choice = answer["choices"][0]
    check_finish_reason(vendor, choice.get("finish_reason"))
    message = choice["message"]
    tool_calls = read_tool_calls(message.get("tool_calls"))
    reason = read_finish_reason(choice.get("finish_reason"), called_tools=bool(tool_calls))
    return Completion(
        # A model that declines puts its words into a field of their own.
        text=storable(read_text(message.get("content")) or message.get("refusal") or ""),
        tool_calls=tool_calls,
        finished=Finished(reason=reason, usage=read_usage(answer.get("usage"))),
    )
