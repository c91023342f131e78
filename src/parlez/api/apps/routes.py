"""Talking with an app."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from parlez.api.apps import encode
from parlez.api.apps.schemas import ErrorResponse, SayRequest, SayResponse, VisitResponse
from parlez.core.conversations import Profile
from parlez.core.cursor import START, Cursor
from parlez.core.errors import Forbidden, InvalidInput
from parlez.core.turns import TurnRequest
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.event_stream import EventStream
from parlez.http.fields import id_from_uuid
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader, LastEventId
from parlez.http.services import services
from parlez.http.turn_answers import followed, start_turn, whole_answer
from parlez.http.turn_headers import note_turn
from parlez.http.visits import SessionHeader, Visit, Visitor

MOST_MESSAGES = 1_000

MODEL_HEADER = "x-vanusai-model"

ModelHeader = Annotated[
    str,
    Header(alias=MODEL_HEADER, description="One of the app's models.", examples=["gpt-3.5-turbo"]),
]

router = APIRouter(tags=["apps"], route_class=JsonRoute)


@router.post(
    "/apps/{address:uuid}",
    summary="Say something to an app",
    response_model=SayResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
@router.post(
    "/api/v1/{address:uuid}",
    summary="Say something to an app, where its original's clients do",
    response_model=SayResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def say(
    request: Request,
    address: uuid.UUID,
    body: SayRequest,
    visit: Visitor,
    model: ModelHeader,
    session: SessionHeader,
    idempotency_header: IdempotencyHeader = None,
) -> SayResponse | Response:
    """Send a message to the app that has this address, and get the answer: whole, or as server-sent
    events. The session is the conversation that it is part of."""
    asked = _asked(request, visit, model, body)
    key = idempotency_key(
        idempotency_header, "apps.say", {**body.model_dump(), "model": model, "app": visit.app.id}
    )
    turn = await start_turn(request, visit.caller, asked, key)
    if asked.stream:
        events = followed(request, visit.caller, turn)
        return EventStream(encode.frames(events, visit.session_id, turn.id), {})
    return encode.answer(await whole_answer(request, turn), visit.session_id)


@router.get(
    "/apps/{address:uuid}/messages",
    summary="Read a session",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def messages(
    request: Request,
    address: uuid.UUID,
    visit: Visitor,
    session: SessionHeader,
    limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = 100,
) -> VisitResponse:
    """The newest messages of this session; none in one that has not begun."""
    found = await services(request).desk.visits(visit.caller.scope, limit)
    return encode.visit(found, visit.session_id)


@router.get(
    "/apps/{address:uuid}/turns/{turn_id}/events",
    summary="Follow an app's answer",
    response_class=Response,
    responses={
        204: {"description": "The answer has ended, and you have all of it."},
        **or_stream(errors(ErrorResponse, 400, 401, 403, 404, 503)),
    },
)
async def follow(
    request: Request,
    address: uuid.UUID,
    turn_id: str,
    visit: Visitor,
    session: SessionHeader,
    last_event_id: LastEventId = None,
) -> Response:
    """The answer to something that was said in this session, from the beginning or behind the last
    event you have."""
    engine = services(request).engine
    row_id = id_from_uuid(turn_id, "turn")
    cursor = Cursor.parse(last_event_id) if last_event_id else START
    found = await engine.find(visit.caller.scope, row_id)
    note_turn(request, found.turn)
    if await engine.is_past_end(visit.caller.scope, row_id, cursor):
        return Response(status_code=204)
    events = followed(request, visit.caller, found.turn, cursor)
    return EventStream(encode.frames(events, visit.session_id, row_id), {})


@router.post(
    "/apps/{address:uuid}/turns/{turn_id}/stop",
    summary="Stop an app's answer",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def stop(
    request: Request,
    address: uuid.UUID,
    turn_id: str,
    visit: Visitor,
    session: SessionHeader,
) -> SayResponse:
    """End an answer now and keep what was said. One that has ended stays as it is."""
    row_id = id_from_uuid(turn_id, "turn")
    stopped = await services(request).engine.stop(visit.caller.scope, row_id)
    note_turn(request, stopped.turn)
    return encode.answer(stopped, visit.session_id)


def _asked(request: Request, visit: Visit, model: str, body: SayRequest) -> TurnRequest:
    """The turn that a body asks for, if the app allows it."""
    terms = visit.app.terms
    if not model:
        raise InvalidInput(f"The header {MODEL_HEADER} is empty.", param=MODEL_HEADER)
    if model not in terms.models:
        allowed = ", ".join(terms.models)
        raise Forbidden(f"This app answers with these models: {allowed}.", code="wrong_model")
    if body.system_prompt and not terms.allow_system_prompt:
        raise Forbidden("This app takes no system_prompt.", code="not_allowed")
    if body.no_search and not terms.allow_no_search:
        raise Forbidden("This app takes no no_search.", code="not_allowed")
    return TurnRequest(
        body.prompt,
        user_label=visit.app.user_label,
        model=model,
        system_prompt=body.system_prompt,
        stream=body.stream and _takes_events(request),
        # What the app has now holds also in a conversation that was begun before.
        profile=Profile(assistant_id=terms.assistant_id),
        sources=terms.sources,
        no_search=body.no_search,
        recalls=not body.no_history,
    )


def _takes_events(request: Request) -> bool:
    """Whether `Accept` names event streams."""
    named = ",".join(request.headers.getlist("accept")).lower().split(",")
    return any(each.partition(";")[0].strip() == "text/event-stream" for each in named)
