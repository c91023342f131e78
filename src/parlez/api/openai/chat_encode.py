"""Chat completions, whole and in chunks.

See https://developers.openai.com/api/reference/resources/chat/subresources/completions/streaming-events
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from parlez.api.openai.errors import error_type
from parlez.api.openai.ids import completion_id
from parlez.core.errors import ParlezError, restore
from parlez.core.events import (
    CitationAdded,
    ErrorRaised,
    Numbered,
    TextDelta,
    ToolCalled,
    TurnEnded,
    TurnStarted,
    Usage,
    UsageReported,
)
from parlez.core.following import Followed
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, Turn
from parlez.http.citations import citation_fields
from parlez.http.errors import status_of
from parlez.http.event_stream import COMMENT, frame

_DONE = frame("[DONE]")

_FINISH_REASONS: Mapping[str, str] = MappingProxyType(
    {reason: reason for reason in ("stop", "length", "tool_calls", "content_filter")}
)


def completion(ended: EndedTurn) -> dict[str, Any]:
    """A whole answer."""
    turn = ended.turn
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if ended.tool_calls and not ended.text else ended.text,
        "refusal": None,
    }
    if ended.tool_calls:
        message["tool_calls"] = [_call(call) for call in ended.tool_calls]
    if turn.sources or turn.citations:
        message["citations"] = [citation_fields(each) for each in turn.citations]
    return {
        "id": completion_id(turn),
        "object": "chat.completion",
        "created": turn.created_at // 1_000_000,
        "model": turn.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": _finish_reason(turn.reason),
            }
        ],
        "usage": _usage(turn.usage) if turn.usage else None,
    }


async def chunks(
    ahead: Sequence[Numbered | None], events: Followed, turn: Turn, *, include_usage: bool
) -> AsyncGenerator[bytes, None]:
    """An answer as it is made: first what has been taken from `events` already. An error ends the
    stream, without the word that says that it is whole."""
    chunk = _Chunks(turn, include_usage)
    try:
        for numbered in ahead:
            for data in chunk.of(numbered):
                yield data
        async for numbered in events:
            for data in chunk.of(numbered):
                yield data
    except ParlezError as error:
        yield _error(error)


class _Chunks:
    def __init__(self, turn: Turn, include_usage: bool):
        self._frame = {
            "id": completion_id(turn),
            "object": "chat.completion.chunk",
            "created": turn.created_at // 1_000_000,
            "model": turn.model,
        }
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._calls = 0
        self._failed = False

    def of(self, numbered: Numbered | None) -> list[bytes]:
        """The frames that an event becomes."""
        if numbered is None:
            return [COMMENT]
        match numbered.event:
            case TurnStarted():
                return [self._chunk({"role": "assistant", "content": "", "refusal": None})]
            case TextDelta(text=text):
                return [self._chunk({"content": text})]
            case ToolCalled() as call:
                self._calls += 1
                return [self._chunk({"tool_calls": [{"index": self._calls - 1, **_call(call)}]})]
            case CitationAdded(citation=citation):
                return [self._chunk({"citations": [citation_fields(citation)]})]
            case UsageReported(usage=usage):
                self._usage = usage
            case ErrorRaised(code=code, message=message):
                self._failed = True
                return [_error(restore(code, message))]
            case TurnEnded(state=state, reason=reason):
                return self._end(state, reason)
        return []

    def _end(self, state: State, reason: str) -> list[bytes]:
        if self._failed:
            return []
        if state is State.INTERRUPTED:
            return [_error(restore("interrupted", f"The answer was interrupted: {reason}."))]
        frames = [self._chunk({}, _finish_reason(reason))]
        if self._include_usage:
            usage = _usage(self._usage) if self._usage else None
            frames.append(_json_frame({**self._frame, "choices": [], "usage": usage}))
        return [*frames, _DONE]

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self._include_usage else {}
        return _json_frame({**self._frame, "choices": [choice], **usage})


def _call(call: ToolCalled) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _finish_reason(reason: str | None) -> str:
    """What somebody stopped counts as stopped by the model: there is no other word for it."""
    return _FINISH_REASONS.get(reason or "", "stop")


def _error(error: ParlezError) -> bytes:
    detail = {
        "message": error.message,
        "type": error_type(status_of(error)),
        "param": None,
        "code": error.code,
    }
    return _json_frame({"error": detail})


def _json_frame(data: dict[str, Any]) -> bytes:
    return frame(json.dumps(data, ensure_ascii=False))
