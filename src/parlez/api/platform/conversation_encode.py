"""Conversations and their messages, as the dialect spells them."""

from typing import Any

from parlez.api.platform import ids
from parlez.api.platform.conversation_schemas import (
    ConversationResponse,
    ConversationsResponse,
    MessageResponse,
    MessagesResponse,
    Summary,
)
from parlez.core.conversation_list import ConversationPage, ListQuery
from parlez.core.conversations import Conversation, MessagePage
from parlez.core.messages import Message
from parlez.http.citations import citation_responses
from parlez.http.times import iso_time

UNTITLED = "New conversation"


def title(conversation: Conversation) -> str:
    return conversation.profile.title or UNTITLED


def conversation(found: Conversation) -> ConversationResponse:
    return ConversationResponse(**_summary(found), system_prompt=found.profile.system_prompt)


def conversations(page: ConversationPage, query: ListQuery) -> ConversationsResponse:
    return ConversationsResponse(
        conversations=[Summary(**_summary(each)) for each in page.conversations],
        total=page.total,
        limit=query.limit,
        offset=query.offset,
        next_cursor=str(page.next) if page.next else None,
    )


def message(said: Message) -> MessageResponse:
    return MessageResponse(
        id=ids.message_id(said.id),
        role=said.role,
        content=said.content,
        created_at=iso_time(said.created_at),
        state=said.state,
        citations=citation_responses(said.citations),
    )


def messages(page: MessagePage, limit: int) -> MessagesResponse:
    return MessagesResponse(
        conversation_id=ids.conversation_id(page.conversation.id),
        title=title(page.conversation),
        messages=[message(said) for said in page.messages],
        total=page.conversation.message_count,
        limit=limit,
        offset=page.offset,
        next_cursor=ids.message_id(page.after) if page.after else None,
    )


def _summary(found: Conversation) -> dict[str, Any]:
    profile = found.profile
    return {
        "id": ids.conversation_id(found.id),
        "title": title(found),
        "description": profile.description,
        "model": profile.model,
        "template": profile.template,
        "metadata": dict(profile.metadata),
        "user_id": found.user_label,
        "created_at": iso_time(found.created_at),
        "updated_at": iso_time(found.updated_at),
        "archived_at": None if found.archived_at is None else iso_time(found.archived_at),
        "message_count": found.message_count,
    }
