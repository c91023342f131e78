"""What searches found, as the dialect spells it."""

from typing import Literal

from parlez.api.platform import ids
from parlez.api.platform.conversation_encode import UNTITLED
from parlez.api.platform.search_schemas import (
    ConversationResults,
    FoundConversationResponse,
    FoundMessageResponse,
    MessageResults,
)
from parlez.core.search import FoundMessage
from parlez.core.search_desk import Results
from parlez.core.snippets import Snippet
from parlez.http.times import iso_time


def conversations(results: Results) -> ConversationResults:
    return ConversationResults(
        results=[_conversation(*each) for each in results.found], searched_by=_means(results)
    )


def messages(results: Results) -> MessageResults:
    return MessageResults(
        results=[_message(*each) for each in results.found], searched_by=_means(results)
    )


def _conversation(found: FoundMessage, shown: Snippet) -> FoundConversationResponse:
    return FoundConversationResponse(
        conversation_id=ids.conversation_id(found.conversation_id),
        title=found.title or UNTITLED,
        created_at=iso_time(found.begun_at),
        updated_at=iso_time(found.updated_at),
        similarity_score=found.score,
        snippet=shown.text,
        marks=list(shown.marks),
        message_id=ids.message_id(found.message_id),
    )


def _message(found: FoundMessage, shown: Snippet) -> FoundMessageResponse:
    return FoundMessageResponse(
        message_id=ids.message_id(found.message_id),
        conversation_id=ids.conversation_id(found.conversation_id),
        role=found.role,
        content=found.content,
        created_at=iso_time(found.created_at),
        similarity_score=found.score,
        title=found.title or UNTITLED,
        snippet=shown.text,
        marks=list(shown.marks),
    )


def _means(results: Results) -> list[Literal["words", "meaning"]]:
    return ["words", "meaning"] if results.by_meaning else ["words"]
