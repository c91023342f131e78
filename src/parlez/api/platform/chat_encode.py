"""Answers, as the dialect spells them: whole, and as the events of its completions."""

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

from parlez.api.platform import ids
from parlez.api.platform.chat_schemas import ChatResponse, Usage
from parlez.core.cursor import Cursor
from parlez.core.errors import ParlezError
from parlez.core.events import (
    CitationAdded,
    ErrorRaised,
    Event,
    Numbered,
    TextDelta,
    TurnEnded,
    UsageReported,
)
from parlez.core.following import Followed
from parlez.core.turns import EndedTurn, Turn
from parlez.http.citations import citation_fields, citation_responses
from parlez.http.event_stream import COMMENT, frame


def answer(ended: EndedTurn) -> ChatResponse:
    turn = ended.turn
    return ChatResponse(
        message=ended.text,
        conversation_id=ids.conversation_id(turn.conversation_id),
        message_id=ids.message_id(turn.answer_id),
        model=turn.model,
        state=turn.state,
        usage=Usage(**asdict(turn.usage)) if turn.usage else None,
        citations=citation_responses(turn.citations),
    )


def names(turn: Turn) -> dict[str, str]:
    """What an event says about where it belongs."""
    return {
        "conversation_id": ids.conversation_id(turn.conversation_id),
        "message_id": ids.message_id(turn.answer_id),
    }


async def completion_frames(events: Followed, turn: Turn) -> AsyncGenerator[bytes, None]:
    """Each piece of text as an event, one with `done` at the end, and the word that the original's
    clients wait for. An error on the way is told in the last event."""
    named = names(turn)
    last: dict[str, Any] = {"content": "", "done": True, "citations": []}
    try:
        async for numbered in events:
            match numbered:
                case None:
                    yield COMMENT
                case Numbered(event=TextDelta(text=text)):
                    data = {**named, "content": text, "done": False}
                    at = Cursor(numbered.number, numbered.characters)
                    yield frame(json.dumps(data, ensure_ascii=False), event_id=str(at))
                case Numbered(event=CitationAdded(citation=citation)):
                    last["citations"].append(citation_fields(citation))
                case Numbered(event=event):
                    last |= _closing(event)
    except ParlezError as error:
        last["error"] = {"code": error.code, "message": error.message}
    yield frame(json.dumps({**named, **last}, ensure_ascii=False))
    yield frame("[DONE]")


def _closing(event: Event) -> dict[str, Any]:
    match event:
        case UsageReported(usage=usage):
            return {"usage": asdict(usage)}
        case ErrorRaised(code=code, message=message):
            return {"error": {"code": code, "message": message}}
        case TurnEnded(state=state, reason=reason):
            return {"state": state, "finish_reason": reason}
        case _:
            return {}
