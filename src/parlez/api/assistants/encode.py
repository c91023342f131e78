"""The domain, as the dialect spells it."""

from collections.abc import Mapping
from typing import Any

from parlez.api.assistants.schemas import (
    AssistantResponse,
    ChatMessage,
    ChatResponse,
    FileResponse,
    HistoryResponse,
    SendResponse,
)
from parlez.core.assistants import Assistant, Chat
from parlez.core.conversations import History
from parlez.core.documents import Document
from parlez.core.messages import Message
from parlez.core.turns import EndedTurn
from parlez.http.citations import citation_responses
from parlez.http.fields import uuid_of
from parlez.http.problems import Problem
from parlez.http.times import iso_time


def problem_body(problem: Problem) -> dict[str, Any]:
    if problem.fields:
        return {name: list(messages) for name, messages in problem.fields.items()}
    if problem.param:
        return {problem.param: [problem.message]}
    return {"detail": problem.message, "code": problem.code, **problem.details}


def assistant(found: Assistant) -> AssistantResponse:
    return AssistantResponse(
        id=found.number,
        name=found.name,
        company_name=found.company_name,
        instructions=found.instructions,
        files=[_file(document) for document in found.documents],
        created_at=iso_time(found.created_at),
        updated_at=iso_time(found.updated_at),
    )


def chat(found: Chat) -> ChatResponse:
    return ChatResponse(**chat_fields(found))


def chat_fields(found: Chat) -> Mapping[str, Any]:
    conversation_id = uuid_of(found.conversation_id)
    shown = conversation_id if found.number is None else found.number
    return {
        "id": shown,
        "chat_id": shown,
        "assistant_id": found.assistant_number,
        "conversation_id": conversation_id,
    }


def answer(ended: EndedTurn) -> SendResponse:
    return SendResponse(
        response=ended.text,
        citations=citation_responses(ended.turn.citations),
        message_id=uuid_of(ended.turn.answer_id),
        state=ended.turn.state,
    )


def history(found: Chat, page: History) -> HistoryResponse:
    return HistoryResponse(
        **chat_fields(found),
        messages=[_message(message) for message in page.messages],
        before=uuid_of(page.before) if page.before else None,
    )


def _message(message: Message) -> ChatMessage:
    return ChatMessage(
        id=uuid_of(message.id),
        role=message.role,
        content=message.content,
        state=message.state,
        created_at=iso_time(message.created_at),
        citations=citation_responses(message.citations),
    )


def _file(document: Document) -> FileResponse:
    return FileResponse(
        id=document.id,
        name=document.name,
        size=document.size,
        state=document.state,
        progress=round(document.progress, 3),
        reason=document.reason,
        pages=document.pages,
    )
