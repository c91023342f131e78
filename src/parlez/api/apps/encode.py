"""The domain, as the dialect spells it."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from parlez.api.apps.schemas import SayResponse, VisitMessage, VisitResponse
from parlez.core.cursor import Cursor
from parlez.core.errors import ParlezError
from parlez.core.events import (
    CitationAdded,
    ErrorRaised,
    Numbered,
    TextDelta,
    TurnEnded,
)
from parlez.core.following import Followed
from parlez.core.messages import Message
from parlez.core.turns import EndedTurn
from parlez.http.citations import citation_fields, citation_responses
from parlez.http.event_stream import COMMENT, frame
from parlez.http.fields import uuid_of
from parlez.http.problems import Problem
from parlez.http.times import iso_time


def problem_body(problem: Problem) -> dict[str, Any]:
    return {"error": {"code": problem.code, "message": problem.message, **problem.details}}


def answer(ended: EndedTurn, session_id: str) -> SayResponse:
    return SayResponse(
        response=ended.text,
        session_id=session_id,
        citations=citation_responses(ended.turn.citations),
        turn_id=uuid_of(ended.turn.id),
        model=ended.turn.model,
        state=ended.turn.state,
    )


def visit(messages: Sequence[Message], session_id: str) -> VisitResponse:
    return VisitResponse(
        session_id=session_id,
        messages=[
            VisitMessage(
                id=uuid_of(message.id),
                turn_id=uuid_of(message.turn_id),
                role=message.role,
                content=message.content,
                state=message.state,
                citations=citation_responses(message.citations),
                created_at=iso_time(message.created_at),
            )
            for message in messages
        ],
    )


async def frames(events: Followed, session_id: str, turn_id: str) -> AsyncGenerator[bytes, None]:
    """An answer piece by piece: every `data` is a JSON object, and the last one says that there is
    no more. So does one that tells an error, the only place left for it; `resume` in it asks the
    client to come back with the last id that it has."""
    last: dict[str, Any] = {
        "token": "",
        "more": False,
        "session_id": session_id,
        "turn_id": uuid_of(turn_id),
        "citations": [],
    }
    try:
        async for numbered in events:
            match numbered:
                case None:
                    yield COMMENT
                case Numbered(event=TextDelta(text=text)):
                    yield _frame({"token": text, "more": True}, numbered)
                case Numbered(event=CitationAdded(citation=citation)):
                    last["citations"].append(citation_fields(citation))
                case Numbered(event=ErrorRaised(code=code, message=message)):
                    last["error"] = {"code": code, "message": message}
                case Numbered(event=TurnEnded(state=state, reason=reason)):
                    yield _frame({**last, "state": state, "reason": reason}, numbered)
    except ParlezError as error:
        problem = {"code": error.code, "message": error.message}
        told = {**last, "error": problem, "resume": error.retryable}
        yield frame(json.dumps(told, ensure_ascii=False))


def _frame(data: dict[str, Any], at: Numbered) -> bytes:
    return frame(
        json.dumps(data, ensure_ascii=False), event_id=str(Cursor(at.number, at.characters))
    )
