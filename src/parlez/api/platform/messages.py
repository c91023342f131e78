"""The messages of a conversation: reading, adding and exporting them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from parlez.api.platform import conversation_encode as encode
from parlez.api.platform import export_forms
from parlez.api.platform.conversation_schemas import (
    AddMessageRequest,
    ExportResponse,
    MessageResponse,
    MessagesResponse,
)
from parlez.api.platform.fields import UserIdQuery
from parlez.api.platform.ids import read_conversation_id, read_message_id
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services

MOST_MESSAGES = 1_000

router = APIRouter(prefix="/api", tags=["platform"], route_class=JsonRoute)


@router.get(
    "/conversations/{conversation_id}/messages",
    summary="Read messages",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
@router.get(
    "/conversation/{conversation_id}/messages",
    summary="Read messages",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def read(
    request: Request,
    conversation_id: str,
    caller: DataCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = 50,
    offset: Annotated[int, Query(ge=0, description="Skip so many.")] = 0,
    cursor: Annotated[
        str | None, Query(description="Those after a page, by its `next_cursor`.")
    ] = None,
    user_id: UserIdQuery = None,
) -> MessagesResponse:
    """The messages of a conversation, oldest first."""
    page = await services(request).desk.page(
        caller.scope,
        read_conversation_id(conversation_id),
        limit=limit,
        offset=offset,
        after=read_message_id(cursor) if cursor else None,
        user_label=user_id,
    )
    return encode.messages(page, limit)


@router.post(
    "/conversations/{conversation_id}/messages",
    summary="Add a message",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def add(
    request: Request,
    conversation_id: str,
    body: AddMessageRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> MessageResponse:
    """Put a message at the end of a conversation. No answer is made to it."""
    row_id = read_conversation_id(conversation_id)
    asked = {**body.model_dump(), "conversation": row_id}
    key = idempotency_key(idempotency_header, "platform.messages", asked)
    said = Prompt(Role(body.role), body.content)
    added = await services(request).desk.add(caller.scope, row_id, said, body.user_id, key)
    return encode.message(added)


@router.get(
    "/conversations/{conversation_id}/export",
    summary="Export a conversation",
    response_model=ExportResponse,
    responses={
        200: {
            "description": "The conversation, as JSON, Markdown or plain text.",
            "content": {"text/markdown": {}, "text/plain": {}},
        },
        **errors(ErrorResponse, 400, 401, 403, 404, 503),
    },
)
async def export(
    request: Request,
    conversation_id: str,
    caller: DataCaller,
    form: Annotated[Literal["json", "markdown", "text"], Query(alias="format")] = "json",
    user_id: UserIdQuery = None,
) -> Response:
    """A whole conversation as a file."""
    row_id = read_conversation_id(conversation_id)
    desk = services(request).desk
    await desk.find(caller.scope, row_id, user_id)
    return export_forms.file(await desk.whole(caller.scope, row_id), form)
