"""Searching what was said."""

from fastapi import APIRouter, Request

from parlez.api.platform import search_encode as encode
from parlez.api.platform.ids import read_conversation_id
from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.search_schemas import (
    ConversationResults,
    MessageResults,
    SearchConversationsRequest,
    SearchMessagesRequest,
    SearchWithinRequest,
)
from parlez.core.identity import Caller
from parlez.core.messages import Role
from parlez.core.search import SearchQuery, Within
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services
from parlez.http.turn_headers import note_limits

router = APIRouter(prefix="/api", tags=["platform"], route_class=JsonRoute)


@router.post(
    "/search/conversations",
    summary="Search conversations",
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 429, 503),
)
async def search_conversations(
    request: Request, body: SearchConversationsRequest, caller: DataCaller
) -> ConversationResults:
    """The conversations with a user in which something was said that fits, by its words or its
    meaning, best first."""
    query = _query(body, None)
    found = await services(request).search.conversations(caller, query)
    note_limits(request, services(request).admission.allowances(caller))
    return encode.conversations(found)


@router.post(
    "/search/messages",
    summary="Search messages",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 429, 503),
)
async def search_messages(
    request: Request, body: SearchMessagesRequest, caller: DataCaller
) -> MessageResults:
    """The messages that fit, by their words or their meaning, best first: of all conversations
    with a user, or of one conversation."""
    return await _messages(request, caller, _query(body, body.conversation_id))


@router.post(
    "/conversations/{conversation_id}/search",
    summary="Search a conversation",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 429, 503),
)
async def search_within(
    request: Request, conversation_id: str, body: SearchWithinRequest, caller: DataCaller
) -> MessageResults:
    """The messages of a conversation that fit, by their words or their meaning, best first."""
    return await _messages(request, caller, _query(body, conversation_id))


async def _messages(request: Request, caller: Caller, query: SearchQuery) -> MessageResults:
    found = await services(request).search.messages(caller, query)
    note_limits(request, services(request).admission.allowances(caller))
    return encode.messages(found)


def _query(body: SearchWithinRequest, conversation_id: str | None) -> SearchQuery:
    within = Within(
        user_label=body.user_id,
        conversation_id=read_conversation_id(conversation_id) if conversation_id else None,
        role=Role(body.role) if body.role else None,
    )
    return SearchQuery(body.query, within, body.limit, body.offset)
