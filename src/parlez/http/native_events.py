"""Parlez' own spelling of events, used wherever a dialect has none."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from parlez.core.cursor import Cursor
from parlez.core.errors import ParlezError
from parlez.core.events import (
    CitationAdded,
    ErrorRaised,
    Event,
    Numbered,
    TextDelta,
    ToolCalled,
    TurnEnded,
    TurnStarted,
    UsageReported,
)
from parlez.core.following import Followed
from parlez.http.citations import citation_fields
from parlez.http.event_stream import COMMENT, frame


async def native_frames(events: Followed, first: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    """Events as frames: `event` is the type and `data` a JSON object. The start also tells
    `first`. An error on the way is told in the stream, the only place left for it: `resume` asks
    the client to come back with the last id it has."""
    try:
        async for numbered in events:
            yield COMMENT if numbered is None else _frame(numbered, first)
    except ParlezError as error:
        data = json.dumps({"code": error.code, "message": error.message})
        yield frame(data, event="resume" if error.retryable else "error")


def _frame(numbered: Numbered, first: Mapping[str, Any]) -> bytes:
    event = numbered.event
    data = dict(first) if isinstance(event, TurnStarted) else _data(event)
    return frame(
        json.dumps(data, ensure_ascii=False),
        event=event.type,
        event_id=str(Cursor(numbered.number, numbered.characters)),
    )


def _data(event: Event) -> dict[str, Any]:
    match event:
        case TextDelta(text=text):
            return {"text": text}
        case ToolCalled(call_id=call_id, name=name, arguments=arguments):
            return {"call_id": call_id, "name": name, "arguments": arguments}
        case CitationAdded(citation=citation):
            return citation_fields(citation)
        case UsageReported(usage=usage):
            return {
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "estimated": usage.estimated,
            }
        case ErrorRaised(code=code, message=message, retryable=retryable):
            return {"code": code, "message": message, "retryable": retryable}
        case TurnEnded(state=state, reason=reason):
            return {"state": state, "reason": reason}
        case TurnStarted():
            return {}
