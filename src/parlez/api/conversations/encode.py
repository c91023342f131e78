"""The domain, as the dialect spells it."""

from typing import Any

from parlez.api.conversations.schemas import HistoryMessage, HistoryResponse
from parlez.core.conversations import History
from parlez.core.messages import Message
from parlez.http.citations import citation_responses
from parlez.http.fields import uuid_of
from parlez.http.problems import Problem
from parlez.http.times import iso_time


def problem_body(problem: Problem) -> dict[str, Any]:
    return {"detail": problem.message, "code": problem.code, **problem.details}


def history(page: History) -> HistoryResponse:
    return HistoryResponse(
        conversation_id=uuid_of(page.conversation.id),
        messages=[_message(message) for message in page.messages],
        before=uuid_of(page.before) if page.before else None,
    )


def _message(message: Message) -> HistoryMessage:
    return HistoryMessage(
        role=message.role,
        content=message.content,
        id=uuid_of(message.id),
        state=message.state,
        created_at=iso_time(message.created_at),
        citations=citation_responses(message.citations),
    )
