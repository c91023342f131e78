"""Answering anew, saying something else, going on, stopping."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from parlez.api.platform import chat_encode, ids
from parlez.api.platform.chat_schemas import (
    ChatResponse,
    ContinueRequest,
    EditRequest,
    RegenerateRequest,
    StopResponse,
)
from parlez.api.platform.fields import UserIdQuery
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.identity import Caller
from parlez.core.turns import Attachment, Continuation, Edit, Regeneration, TurnRequest
from parlez.http.callers import DataCaller
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import native_stream, start_turn, whole_answer

router = APIRouter(
    prefix="/api/conversations/{conversation_id}", tags=["platform"], route_class=JsonRoute
)

Branching = RegenerateRequest | ContinueRequest | EditRequest


@router.post(
    "/regenerate",
    summary="Answer anew",
    response_model=ChatResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def regenerate(
    request: Request,
    conversation_id: str,
    body: RegenerateRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ChatResponse | Response:
    """Make another answer to a message. The conversation goes on from the new one; the old one, and
    what followed it, is kept beside it."""
    attachment = Regeneration(_message(body.message_id))
    return await _turn(request, caller, conversation_id, attachment, body, idempotency_header)


@router.post(
    "/continue",
    summary="Go on with an answer",
    response_model=ChatResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def go_on(
    request: Request,
    conversation_id: str,
    body: ContinueRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ChatResponse | Response:
    """Go on with an answer that was stopped, interrupted, or cut off by its length. The new answer
    begins with the text of the old one and takes its place."""
    attachment = Continuation(_message(body.message_id))
    return await _turn(request, caller, conversation_id, attachment, body, idempotency_header)


@router.post(
    "/messages/{message_id}/edit",
    summary="Edit a message",
    response_model=ChatResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def edit(
    request: Request,
    conversation_id: str,
    message_id: str,
    body: EditRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ChatResponse | Response:
    """Say something else in the place of a user's message, and get the answer to it. The
    conversation goes on from there; what was said before is kept beside it."""
    attachment = Edit(ids.read_message_id(message_id))
    return await _turn(
        request, caller, conversation_id, attachment, body, idempotency_header, body.message
    )


@router.post(
    "/stop",
    summary="Stop answering",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def stop(
    request: Request, conversation_id: str, caller: DataCaller, user_id: UserIdQuery = None
) -> StopResponse:
    """End all answers of a conversation that wait or are being made, and keep what was said."""
    row_id = ids.read_conversation_id(conversation_id)
    stopped = await services(request).desk.stop(caller.scope, row_id, user_id)
    return StopResponse(conversation_id=ids.conversation_id(row_id), stopped=stopped)


async def _turn(
    request: Request,
    caller: Caller,
    conversation_id: str,
    attachment: Attachment,
    body: Branching,
    idempotency_header: str | None,
    text: str = "",
) -> ChatResponse | Response:
    asked = TurnRequest(
        text,
        conversation_id=ids.read_conversation_id(conversation_id),
        user_label=body.user_id,
        model=body.model,
        system_prompt=body.system_prompt,
        options=body.options,
        stream=body.stream,
        attachment=attachment,
        sources=body.sources,
        no_search=body.no_search,
    )
    kind = type(attachment).__name__.lower()
    key = idempotency_key(idempotency_header, f"platform.{kind}", _counted(body, asked))
    turn = await start_turn(request, caller, asked, key)
    if body.stream:
        return native_stream(request, caller, turn, chat_encode.names(turn))
    return chat_encode.answer(await whole_answer(request, turn))


def _counted(body: Branching, asked: TurnRequest) -> Mapping[str, Any]:
    """All that was asked for."""
    where = {"conversation": asked.conversation_id, "attachment": repr(asked.attachment)}
    return {**body.model_dump(), **where}


def _message(message_id: str | None) -> str | None:
    return ids.read_message_id(message_id) if message_id else None
