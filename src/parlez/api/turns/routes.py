"""Looking at a turn, following it, stopping it."""

from fastapi import APIRouter, Request, Response

from parlez.api.turns import encode
from parlez.api.turns.schemas import ErrorResponse, TurnResponse
from parlez.core.cursor import START, Cursor
from parlez.http.callers import DataCaller
from parlez.http.documented import errors, or_stream
from parlez.http.fields import id_from_uuid, uuid_of
from parlez.http.parameters import LastEventId
from parlez.http.services import services
from parlez.http.turn_answers import native_stream
from parlez.http.turn_headers import note_turn

router = APIRouter(prefix="/turns", tags=["turns"])


@router.get(
    "/{turn_id}",
    summary="Look at a turn",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def look(request: Request, turn_id: str, caller: DataCaller) -> TurnResponse:
    """One user message and the answer to it: how it stands, what it cost."""
    row_id = id_from_uuid(turn_id, "turn")
    found = await services(request).engine.find(caller.scope, row_id)
    note_turn(request, found.turn)
    return encode.turn(found, services(request).prices)


@router.get(
    "/{turn_id}/events",
    summary="Follow a turn",
    response_class=Response,
    responses={
        204: {"description": "The turn has ended, and you have all of it."},
        **or_stream(errors(ErrorResponse, 400, 401, 403, 404, 503)),
    },
)
async def follow(
    request: Request,
    turn_id: str,
    caller: DataCaller,
    last_event_id: LastEventId = None,
) -> Response:
    """The events of a turn as server-sent events, from the beginning or behind the last one you
    have: what was said while you were away, then what comes."""
    engine = services(request).engine
    row_id = id_from_uuid(turn_id, "turn")
    cursor = Cursor.parse(last_event_id) if last_event_id else START
    found = await engine.find(caller.scope, row_id)
    note_turn(request, found.turn)
    if await engine.is_past_end(caller.scope, row_id, cursor):
        return Response(status_code=204)
    first = {"conversation_id": uuid_of(found.turn.conversation_id)}
    return native_stream(request, caller, found.turn, first, cursor)


@router.post(
    "/{turn_id}/stop",
    summary="Stop a turn",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def stop(request: Request, turn_id: str, caller: DataCaller) -> TurnResponse:
    """End a turn now and keep what was said. A turn that has ended stays as it is."""
    row_id = id_from_uuid(turn_id, "turn")
    stopped = await services(request).engine.stop(caller.scope, row_id)
    note_turn(request, stopped.turn)
    return encode.turn(stopped, services(request).prices)
