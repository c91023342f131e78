"""Chats with assistants."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from parlez.api.assistants import encode
from parlez.api.assistants.bodies import documented_body, sent
from parlez.api.assistants.fields import known_number, number_in_path
from parlez.api.assistants.schemas import (
    ChatResponse,
    CreateChatRequest,
    ErrorResponse,
    HistoryResponse,
    SendRequest,
    SendResponse,
)
from parlez.core.assistants import Chat
from parlez.core.errors import NotFound
from parlez.core.identity import Caller
from parlez.core.turns import TurnRequest
from parlez.http.callers import DataCaller
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.fields import id_from_uuid
from parlez.http.idempotency import idempotency_key
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import native_stream, start_turn, whole_answer

MOST_MESSAGES = 1_000

LONGEST_NUMBER = 10
"""Digits; what is longer is the UUID of a conversation."""

router = APIRouter(prefix="/api/v1/chat", tags=["assistants"])


@router.post(
    "",
    summary="Create a chat",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
    openapi_extra=documented_body(CreateChatRequest),
)
async def create(
    request: Request, caller: DataCaller, idempotency_header: IdempotencyHeader = None
) -> ChatResponse:
    """Begin a chat with an assistant. It is a conversation, which all dialects can go on with."""
    async with sent(request, CreateChatRequest) as body:
        number = known_number(body.fields.assistant_id, "assistant")
    key = idempotency_key(idempotency_header, "assistants.chat", {"assistant": number})
    begun = await services(request).assistants.begin_chat(caller.scope, number, key)
    return encode.chat(begun)


@router.put(
    "/{chat_number}",
    summary="Send and receive messages",
    response_model=SendResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
    openapi_extra=documented_body(SendRequest),
)
async def send(
    request: Request,
    chat_number: str,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> SendResponse | Response:
    """Say something to an assistant, and get its answer with the places that it rests on. The
    assistant is as it is now: newest instructions, newest files."""
    async with sent(request, SendRequest) as body:
        asked = body.fields
    chat = await _find(request, caller, chat_number)
    if asked.assistant_id is not None and asked.assistant_id != chat.assistant_number:
        raise NotFound("There is no such chat with that assistant.")
    if chat.number is not None and chat.assistant_number is None:
        raise NotFound("The assistant of this chat was deleted.")
    turn_request = TurnRequest(
        asked.input,
        conversation_id=chat.conversation_id,
        stream=asked.stream,
        no_search=asked.no_search,
    )
    counted = {**asked.model_dump(), "conversation": chat.conversation_id}
    key = idempotency_key(idempotency_header, "assistants.send", counted)
    turn = await start_turn(request, caller, turn_request, key)
    if asked.stream:
        return native_stream(request, caller, turn, encode.chat_fields(chat))
    return encode.answer(await whole_answer(request, turn))


@router.get(
    "/{chat_number}",
    summary="Read a chat",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def read(
    request: Request,
    chat_number: str,
    caller: DataCaller,
    limit: Annotated[
        int, Query(ge=1, le=MOST_MESSAGES, description="The newest so many messages.")
    ] = MOST_MESSAGES,
    before: Annotated[
        str | None, Query(description="Only messages before this one, by its id.")
    ] = None,
) -> HistoryResponse:
    """The messages of a chat, in order."""
    chat = await _find(request, caller, chat_number)
    page = await services(request).desk.history(
        caller.scope,
        chat.conversation_id,
        limit,
        id_from_uuid(before, "message") if before else None,
    )
    return encode.history(chat, page)


@router.delete(
    "/{chat_number}",
    summary="Delete a chat",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 409, 503),
)
async def delete(request: Request, chat_number: str, caller: DataCaller) -> None:
    """Stop what is being said in a chat, and erase it."""
    chat = await _find(request, caller, chat_number)
    await services(request).desk.delete(caller.scope, chat.conversation_id)


async def _find(request: Request, caller: Caller, text: str) -> Chat:
    """A chat by its number, or by the UUID of its conversation. Raises `NotFound`."""
    desk = services(request).assistants
    if len(text) > LONGEST_NUMBER:
        return await desk.chat_of(caller.scope, id_from_uuid(text, "chat"))
    return await desk.chat(caller.scope, number_in_path(text, "chat"))
