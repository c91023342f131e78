"""Conversations: listing, changing, archiving, deleting them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform import conversation_encode as encode
from parlez.api.platform.conversation_schemas import (
    ChangeConversationRequest,
    ConversationResponse,
    ConversationsResponse,
    CreateConversationRequest,
    DeletedResponse,
)
from parlez.api.platform.fields import UserIdQuery
from parlez.api.platform.ids import read_conversation_id
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.conversation_list import ListPlace, ListQuery
from parlez.core.conversations import Profile
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.fields import Label
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services

MOST_LISTED = 1_000

router = APIRouter(prefix="/api", tags=["platform"], route_class=JsonRoute)


@router.get(
    "/conversations",
    summary="List conversations",
    responses=errors(ErrorResponse, 400, 401, 403, 503),
)
async def list_conversations(
    request: Request,
    caller: DataCaller,
    user_id: Annotated[
        Label | None,
        Query(description="Whom they are with; without it, those with the account itself."),
    ] = None,
    all_users: Annotated[bool, Query(description="Those with anybody.")] = False,
    archived: Annotated[bool, Query(description="Those that are archived, only.")] = False,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 10,
    offset: Annotated[int, Query(ge=0, description="Skip so many.")] = 0,
    cursor: Annotated[
        str | None, Query(description="Those after a page, by its `next_cursor`.")
    ] = None,
) -> ConversationsResponse:
    """Conversations, the last changed first."""
    after = ListPlace.parse(cursor) if cursor else None
    query = ListQuery(user_id, all_users, archived, limit, offset, after)
    return encode.conversations(await services(request).desk.browse(caller.scope, query), query)


@router.post(
    "/conversations",
    summary="Begin a conversation",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def create_conversation(
    request: Request,
    body: CreateConversationRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ConversationResponse:
    """A conversation in which nothing has been said yet."""
    profile = Profile(
        title=body.title or None,
        description=body.description,
        model=body.model or None,
        system_prompt=body.system_prompt or None,
        metadata=body.metadata or {},
    )
    key = idempotency_key(idempotency_header, "platform.conversations", body.model_dump())
    made = await services(request).desk.create(caller.scope, body.user_id, profile, key)
    return encode.conversation(made)


@router.get(
    "/conversations/{conversation_id}",
    summary="Look at a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def look(
    request: Request, conversation_id: str, caller: DataCaller, user_id: UserIdQuery = None
) -> ConversationResponse:
    """A conversation, without its messages."""
    row_id = read_conversation_id(conversation_id)
    return encode.conversation(await services(request).desk.find(caller.scope, row_id, user_id))


@router.patch(
    "/conversations/{conversation_id}",
    summary="Change a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def change_conversation(
    request: Request,
    conversation_id: str,
    body: ChangeConversationRequest,
    caller: DataCaller,
    user_id: UserIdQuery = None,
) -> ConversationResponse:
    """Set what is sent. A title that is taken away is made anew from the next message."""
    row_id = read_conversation_id(conversation_id)
    sent = body.model_dump(exclude_unset=True)
    changes = {name: value or None for name, value in sent.items()}
    if "metadata" in changes:
        changes["metadata"] = changes["metadata"] or {}
    desk = services(request).desk
    return encode.conversation(await desk.change(caller.scope, row_id, changes, user_id))


@router.delete(
    "/conversations/{conversation_id}",
    summary="Delete a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 503),
)
@router.delete(
    "/conversation/{conversation_id}",
    summary="Delete a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 503),
)
async def delete_conversation(
    request: Request, conversation_id: str, caller: DataCaller, user_id: UserIdQuery = None
) -> DeletedResponse:
    """Stop what is being said in a conversation, and erase it."""
    row_id = read_conversation_id(conversation_id)
    await services(request).desk.delete(caller.scope, row_id, user_id)
    return DeletedResponse()


@router.post(
    "/conversations/{conversation_id}/archive",
    summary="Archive a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def archive(
    request: Request, conversation_id: str, caller: DataCaller, user_id: UserIdQuery = None
) -> ConversationResponse:
    """Leave a conversation out of lists. It can be gone on with all the same."""
    row_id = read_conversation_id(conversation_id)
    desk = services(request).desk
    return encode.conversation(await desk.archive(caller.scope, row_id, True, user_id))


@router.post(
    "/conversations/{conversation_id}/restore",
    summary="Restore a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def restore(
    request: Request, conversation_id: str, caller: DataCaller, user_id: UserIdQuery = None
) -> ConversationResponse:
    """Take a conversation out of the archive."""
    row_id = read_conversation_id(conversation_id)
    desk = services(request).desk
    return encode.conversation(await desk.archive(caller.scope, row_id, False, user_id))
