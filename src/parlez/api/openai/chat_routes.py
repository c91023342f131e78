"""Chat completions."""

import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial

from fastapi import APIRouter, Request, Response

from parlez.api.openai import chat_encode
from parlez.api.openai.chat_decode import turn_request
from parlez.api.openai.chat_schemas import ChatCompletion, ChatRequest
from parlez.api.openai.errors import ErrorResponse
from parlez.core.events import ErrorRaised, Numbered, TurnStarted, UsageReported
from parlez.core.following import Followed
from parlez.core.identity import Caller
from parlez.core.turns import Turn
from parlez.http.callers import DataCaller
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.event_stream import EventStream
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.leaving import finishing, watching
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import followed, start_turn, whole_answer

router = APIRouter(prefix="/v1", tags=["openai"], route_class=JsonRoute)


@router.post(
    "/chat/completions",
    summary="Complete a chat",
    response_model=ChatCompletion,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def complete(
    request: Request,
    body: ChatRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> Response:
    """Ask a model, as OpenAI's clients do. The call begins a conversation unless its metadata names
    one. Without an Idempotency-Key nobody can come back for the answer, and it is stopped when the
    client goes away."""
    asked = turn_request(body)
    key = None
    if idempotency_header is not None:
        wanted = body.model_dump(exclude={"stream_options"})
        key = idempotency_key(idempotency_header, "openai.chat", wanted)
    turn = await start_turn(request, caller, asked, key)
    stop = None
    if key is None:
        stop = partial(services(request).engine.stop, turn.scope, turn.id)
    if body.stream:
        options = body.stream_options
        include_usage = bool(options and options.include_usage)
        return await _stream(request, caller, turn, include_usage, stop)
    with watching(request, stop) if stop else nullcontext():
        ended = await whole_answer(request, turn)
    data = json.dumps(chat_encode.completion(ended), ensure_ascii=False)
    return Response(data, media_type="application/json")


async def _stream(
    request: Request,
    caller: Caller,
    turn: Turn,
    include_usage: bool,
    stop: Callable[[], Awaitable[object]] | None,
) -> Response:
    """A stream, once there is something to send: what fails before that has a status."""
    events = followed(request, caller, turn)
    with watching(request, stop) if stop else nullcontext():
        ahead = await _first(events)
    if ahead[-1] and isinstance(ahead[-1].event, ErrorRaised):
        await events.aclose()
        await whole_answer(request, turn)
    frames = chat_encode.chunks(ahead, events, turn, include_usage=include_usage)
    return EventStream(finishing(frames, stop) if stop else frames, {})


async def _first(events: Followed) -> list[Numbered | None]:
    """Events up to the first that says something, or a silence."""
    ahead: list[Numbered | None] = []
    async for numbered in events:
        ahead.append(numbered)
        if numbered is None or not isinstance(numbered.event, TurnStarted | UsageReported):
            break
    return ahead
