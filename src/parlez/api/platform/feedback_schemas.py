"""Feedback as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictInt

from parlez.api.platform.fields import UserId
from parlez.core.feedback import FeedbackType
from parlez.http.fields import Text


class FeedbackRequest(BaseModel):
    conversation_id: Annotated[str, Field(max_length=255)]
    message_id: Annotated[str, Field(max_length=255, description="The answer it is about.")]
    feedback_type: FeedbackType
    feedback_value: Annotated[StrictInt, Field(ge=-1, le=5)] | None = Field(
        None, description="1 to 5 for a rating; may be left out for all others.", examples=[1]
    )
    comment: Annotated[Text, Field(max_length=10_000)] | None = None
    user_id: UserId | None = Field(None, description="Who says it.")


class FeedbackResponse(BaseModel):
    status: Literal["success"] = "success"
    feedback_id: str


class FeedbackDetail(BaseModel):
    message_id: str
    feedback_type: str
    feedback_value: int | None
    comment: str | None
    user_id: str | None
    timestamp: str


class AnalysisResponse(BaseModel):
    conversation_id: str
    total_messages: int
    messages_with_feedback: int
    total_feedback: int
    positive_feedback: int
    negative_feedback: int
    average_rating: float | None = Field(description="Of all ratings; null if there is none.")
    feedback_details: list[FeedbackDetail] = Field(description="The newest first.")
