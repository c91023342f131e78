"""The calls of the AI Conversation API."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from parlez.api.conversations import encode
from parlez.api.conversations.schemas import (
    ErrorResponse,
    HistoryResponse,
    SendRequest,
    SendResponse,
    StartRequest,
    StartResponse,
)
from parlez.core.turns import TurnRequest
from parlez.http.callers import DataCaller
from parlez.http.citations import citation_responses
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.fields import id_from_uuid, uuid_of
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import native_stream, start_turn, whole_answer

MOST_MESSAGES = 1_000

router = APIRouter(prefix="/conversations", tags=["conversations"], route_class=JsonRoute)


@router.post(
    "/start",
    summary="Start a conversation",
    response_model=StartResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def start(
    request: Request,
    body: StartRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> StartResponse | Response:
    """Begin a conversation with a message, and get the answer to it."""
    asked = TurnRequest(
        body.message,
        user_label=body.user_id,
        stream=body.stream,
        sources=body.sources,
        no_search=body.no_search,
    )
    key = idempotency_key(idempotency_header, "conversations.start", body.model_dump())
    turn = await start_turn(request, caller, asked, key)
    conversation_id = uuid_of(turn.conversation_id)
    if body.stream:
        return native_stream(request, caller, turn, {"conversation_id": conversation_id})
    ended = await whole_answer(request, turn)
    return StartResponse(
        conversation_id=conversation_id,
        reply=ended.text,
        state=ended.turn.state,
        citations=citation_responses(ended.turn.citations),
    )


@router.post(
    "/{conversation_id}/message",
    summary="Send a message",
    response_model=SendResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def send(
    request: Request,
    conversation_id: str,
    body: SendRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> SendResponse | Response:
    """Say the next thing in a conversation, and get the answer to it."""
    row_id = id_from_uuid(conversation_id, "conversation")
    asked = TurnRequest(
        body.message,
        conversation_id=row_id,
        stream=body.stream,
        sources=body.sources,
        no_search=body.no_search,
    )
    key = idempotency_key(
        idempotency_header,
        "conversations.send",
        {**body.model_dump(), "conversation": row_id},
    )
    turn = await start_turn(request, caller, asked, key)
    if body.stream:
        return native_stream(request, caller, turn, {"conversation_id": uuid_of(row_id)})
    ended = await whole_answer(request, turn)
    return SendResponse(
        reply=ended.text,
        state=ended.turn.state,
        citations=citation_responses(ended.turn.citations),
    )


@router.get(
    "/{conversation_id}",
    summary="Read a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def read(
    request: Request,
    conversation_id: str,
    caller: DataCaller,
    limit: Annotated[
        int, Query(ge=1, le=MOST_MESSAGES, description="The newest so many messages.")
    ] = MOST_MESSAGES,
    before: Annotated[
        str | None, Query(description="Only messages before this one, by its id.")
    ] = None,
) -> HistoryResponse:
    """The messages of a conversation, in order."""
    page = await services(request).desk.history(
        caller.scope,
        id_from_uuid(conversation_id, "conversation"),
        limit,
        id_from_uuid(before, "message") if before else None,
    )
    return encode.history(page)


@router.delete(
    "/{conversation_id}",
    summary="Delete a conversation",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 409, 503),
)
async def delete(request: Request, conversation_id: str, caller: DataCaller) -> None:
    """Stop what is being said in a conversation, and erase it."""
    row_id = id_from_uuid(conversation_id, "conversation")
    await services(request).desk.delete(caller.scope, row_id)
