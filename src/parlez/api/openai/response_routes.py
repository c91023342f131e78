"""Responses: a response is a turn."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from parlez.api.openai import response_encode
from parlez.api.openai.errors import ErrorResponse
from parlez.api.openai.ids import turn_id_of
from parlez.api.openai.response_decode import turn_request
from parlez.api.openai.response_events import NOTHING, response_frames
from parlez.api.openai.response_schemas import CreateRequest, DeletedResponse, ResponseObject
from parlez.core.identity import Caller
from parlez.core.turns import EndedTurn, Turn
from parlez.http.callers import DataCaller
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.event_stream import EventStream
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import followed, start_turn, whole_answer
from parlez.http.turn_headers import note_turn

router = APIRouter(prefix="/v1/responses", tags=["openai"], route_class=JsonRoute)


@router.post(
    "",
    summary="Create a response",
    response_model=ResponseObject,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def create(
    request: Request,
    body: CreateRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> Response:
    """Ask a model, as OpenAI's clients do. The response is made to its end whether or not anybody
    waits for it; `background` answers at once, and the response can be followed or read later."""
    engine = services(request).engine
    previous = None
    if body.previous_response_id:
        previous = await engine.find(caller.scope, turn_id_of(body.previous_response_id))
    asked = turn_request(body, previous)
    key = idempotency_key(idempotency_header, "openai.responses", body.model_dump())
    turn = await start_turn(request, caller, asked, key)
    if body.stream:
        return EventStream(_frames(request, caller, turn, NOTHING), {})
    if body.background:
        return _whole(await engine.find(caller.scope, turn.id))
    return _whole(await whole_answer(request, turn))


@router.get(
    "/{response_id}",
    summary="Look at a response, or follow it",
    response_model=ResponseObject,
    responses=or_stream(errors(ErrorResponse, 400, 401, 403, 404, 503)),
)
async def look(
    request: Request,
    response_id: str,
    caller: DataCaller,
    stream: Annotated[bool, Query(description="Follow it, from its beginning.")] = False,
    starting_after: Annotated[
        int, Query(ge=NOTHING, description="Follow it from behind the event of this number.")
    ] = NOTHING,
) -> Response:
    """A response as it stands; with `stream` its events, those that were and those to come."""
    found = await services(request).engine.find(caller.scope, turn_id_of(response_id))
    note_turn(request, found.turn)
    if not stream:
        return _whole(found)
    frames = _frames(request, caller, found.turn, starting_after)
    if found.turn.state.ended:
        # What was asked for may not be there any more, which deserves a status.
        frames = _again(await anext(frames, b""), frames)
    return EventStream(frames, {})


@router.post(
    "/{response_id}/cancel",
    summary="Cancel a response",
    response_model=ResponseObject,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def cancel(request: Request, response_id: str, caller: DataCaller) -> Response:
    """End a response now and keep what was said. One that has ended stays as it is."""
    stopped = await services(request).engine.stop(caller.scope, turn_id_of(response_id))
    note_turn(request, stopped.turn)
    return _whole(stopped)


@router.delete(
    "/{response_id}",
    summary="Delete a response",
    responses=errors(ErrorResponse, 401, 403, 404, 409, 503),
)
async def delete(request: Request, response_id: str, caller: DataCaller) -> DeletedResponse:
    """Stop a response if it is still being made, and erase it with what was asked. A conversation
    that holds nothing else goes with it."""
    await services(request).desk.delete_turn(caller.scope, turn_id_of(response_id))
    return DeletedResponse(id=response_id)


def _whole(found: EndedTurn) -> Response:
    data = json.dumps(response_encode.response(found), ensure_ascii=False)
    return Response(data, media_type="application/json")


def _frames(
    request: Request, caller: Caller, turn: Turn, after: int
) -> AsyncGenerator[bytes, None]:
    ended = partial(services(request).engine.find, caller.scope, turn.id)
    return response_frames(followed(request, caller, turn), turn, after, ended)


async def _again(first: bytes, frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Frames of which the first has been taken."""
    yield first
    async with aclosing(frames):
        async for frame in frames:
            yield frame
