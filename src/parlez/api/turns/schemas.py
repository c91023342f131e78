"""Turns as JSON."""

from pydantic import BaseModel, Field

from parlez.http.citations import CitationResponse


class UsageResponse(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    estimated: bool


class TurnErrorResponse(BaseModel):
    code: str
    message: str
    retryable: bool


class TurnResponse(BaseModel):
    """A turn as it stands."""

    id: str
    conversation_id: str
    state: str = Field(
        description="queued, running, completed, stopped, failed or interrupted.",
        examples=["completed"],
    )
    reason: str | None = Field(description="What ended it: stop, length, stopped, error, …")
    model: str = Field(description="Who answers: the model asked for, or one of its fallback list.")
    attempt: int = Field(description="1, or more if earlier answers to this message failed.")
    text: str = Field(description="The answer, once the turn has ended.")
    usage: UsageResponse | None
    cost_microdollars: int | None = Field(
        description="What it cost, in millionths of a US dollar at today's price, if that is known."
    )
    error: TurnErrorResponse | None
    citations: list[CitationResponse] = Field(description="What the answer rests on.")
    left_out: int = Field(description="Messages that did not fit what the model can read.")
    created_at: str


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorResponse(BaseModel):
    error: ErrorDetail
