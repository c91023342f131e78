"""What users think of answers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform import ids
from parlez.api.platform.feedback_schemas import (
    AnalysisResponse,
    FeedbackDetail,
    FeedbackRequest,
    FeedbackResponse,
)
from parlez.api.platform.fields import UserIdQuery
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.feedback import Feedback, Given, value_of
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.times import iso_time

MOST_DETAILS = 1_000

router = APIRouter(prefix="/api/feedback", tags=["platform"], route_class=JsonRoute)


@router.post(
    "",
    summary="Give feedback",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def give(
    request: Request,
    body: FeedbackRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> FeedbackResponse:
    """Say what a user thinks of an answer. Each user can say one thing of each type about it; a
    later one takes the place of an earlier."""
    feedback = Feedback(
        ids.read_conversation_id(body.conversation_id),
        ids.read_message_id(body.message_id),
        body.user_id,
        body.feedback_type,
        value_of(body.feedback_type, body.feedback_value),
        body.comment,
    )
    key = idempotency_key(idempotency_header, "platform.feedback", body.model_dump())
    row_id = await services(request).feedback.give(caller.scope, feedback, key)
    return FeedbackResponse(feedback_id=ids.feedback_id(row_id))


@router.get(
    "/analyze/{conversation_id}",
    summary="Analyse feedback",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 503),
)
async def analyse(
    request: Request,
    conversation_id: str,
    caller: DataCaller,
    limit: Annotated[
        int, Query(ge=0, le=MOST_DETAILS, description="The newest so many details.")
    ] = 100,
    user_id: UserIdQuery = None,
) -> AnalysisResponse:
    """What was said of a conversation's answers, also of those that others have taken the place
    of."""
    row_id = ids.read_conversation_id(conversation_id)
    found = await services(request).feedback.analyse(caller.scope, row_id, user_id, limit)
    return AnalysisResponse(
        conversation_id=ids.conversation_id(row_id),
        total_messages=found.total_messages,
        messages_with_feedback=found.messages_with_feedback,
        total_feedback=found.total_feedback,
        positive_feedback=found.positive,
        negative_feedback=found.negative,
        average_rating=found.average_rating,
        feedback_details=[_detail(given) for given in found.details],
    )


def _detail(given: Given) -> FeedbackDetail:
    return FeedbackDetail(
        message_id=ids.message_id(given.message_id),
        feedback_type=given.type,
        feedback_value=given.value,
        comment=given.comment,
        user_id=given.user_label,
        timestamp=iso_time(given.created_at),
    )
