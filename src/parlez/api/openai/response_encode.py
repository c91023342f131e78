"""A turn as a response.

See https://developers.openai.com/api/reference/resources/responses
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from parlez.api.openai.ids import call_item_id, conversation_id, message_id, response_id
from parlez.core.citations import Citation
from parlez.core.events import ToolCalled, Usage
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, Turn, TurnError
from parlez.http.citations import citation_fields

_STATUSES: Mapping[State, str] = MappingProxyType(
    {
        State.QUEUED: "queued",
        State.RUNNING: "in_progress",
        State.COMPLETED: "completed",
        State.STOPPED: "cancelled",
        State.FAILED: "failed",
        State.INTERRUPTED: "failed",
    }
)

_INCOMPLETE: Mapping[str | None, str] = MappingProxyType(
    {"length": "max_output_tokens", "content_filter": "content_filter"}
)
"""Reasons for which a model ends an answer that is not all of it."""

_ERROR_CODES: Mapping[str, str] = MappingProxyType(
    {
        "model_overloaded": "rate_limit_exceeded",
        "model_rejected": "invalid_prompt",
        "context_overflow": "invalid_prompt",
    }
)


def response(found: EndedTurn) -> dict[str, Any]:
    """A response as its turn stands."""
    turn = found.turn
    echo = turn.echo or {}
    status = status_of(turn)
    return {
        "id": response_id(turn.id),
        "object": "response",
        "created_at": turn.created_at // 1_000_000,
        "status": status,
        "background": echo.get("background", False),
        "conversation": {"id": conversation_id(turn.conversation_id)},
        "error": _error(turn) if status == "failed" else None,
        "incomplete_details": (
            {"reason": _INCOMPLETE[turn.reason]} if status == "incomplete" else None
        ),
        "instructions": echo.get("instructions"),
        "max_output_tokens": turn.options.max_tokens,
        "metadata": echo.get("metadata", {}),
        "model": turn.model,
        "output": output(found),
        "parallel_tool_calls": echo.get("parallel_tool_calls", True),
        "previous_response_id": echo.get("previous_response_id"),
        "reasoning": {"effort": turn.options.reasoning_effort, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": turn.options.temperature,
        "text": {"format": {"type": "text"}, **echo.get("text", {})},
        "tool_choice": echo.get("tool_choice", "auto"),
        "tools": echo.get("tools", []),
        "top_p": turn.options.top_p,
        "truncation": "auto",
        "usage": _usage(turn.usage) if turn.usage else None,
        "user": echo.get("user"),
    }


def status_of(turn: Turn) -> str:
    if turn.state is State.COMPLETED and turn.reason in _INCOMPLETE:
        return "incomplete"
    return _STATUSES[turn.state]


def output(found: EndedTurn) -> list[dict[str, Any]]:
    """The items that a model made: its message if it said something, and the tools it called."""
    turn = found.turn
    status = "completed" if status_of(turn) == "completed" else "incomplete"
    said = [message(turn, [text_part(found.text, turn.citations)], status)] if found.text else []
    calls = [
        call_item(turn, place, call, call.arguments, status)
        for place, call in enumerate(found.tool_calls)
    ]
    return [*said, *calls]


def message(turn: Turn, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": message_id(turn),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def text_part(text: str, citations: Sequence[Citation] = ()) -> dict[str, Any]:
    annotations = [annotation(each) for each in citations]
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def annotation(citation: Citation) -> dict[str, Any]:
    """A citation as OpenAI's of a file, behind what it bears out, and all that is known of it."""
    return {
        "type": "file_citation",
        "file_id": citation.document_id,
        "filename": citation.document,
        "index": citation.answer_end,
        **citation_fields(citation),
    }


def call_item(
    turn: Turn, place: int, call: ToolCalled, arguments: str, status: str
) -> dict[str, Any]:
    return {
        "id": call_item_id(turn, place),
        "type": "function_call",
        "status": status,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": arguments,
    }


def _error(turn: Turn) -> dict[str, str]:
    error = turn.error or TurnError(
        "interrupted", f"The answer was interrupted: {turn.reason}.", True
    )
    return {"code": _ERROR_CODES.get(error.code, "server_error"), "message": error.message}


def _usage(usage: Usage) -> dict[str, Any]:
    """Tokens of a cache, and of thoughts, are not counted apart here."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
