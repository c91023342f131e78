"""What the dialect takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from parlez.http.citations import CitationResponse
from parlez.http.fields import MessageText, Text

MOST_PROMPT = 100_000


class SayRequest(BaseModel):
    """What a visitor says."""

    prompt: Annotated[MessageText, Field(description="The message.", examples=["Hello!"])]
    stream: Annotated[
        StrictBool,
        Field(
            description="Send the answer as server-sent events, if `Accept` names "
            "`text/event-stream` too."
        ),
    ] = False
    no_search: Annotated[
        StrictBool, Field(description="Leave the app's documents out, if the app allows that.")
    ] = False
    no_history: Annotated[
        StrictBool,
        Field(description="Let the model see this message alone. It is kept all the same."),
    ] = False
    system_prompt: Annotated[
        Text | None,
        Field(
            max_length=MOST_PROMPT,
            description="Instructions for this answer, if the app allows them.",
        ),
    ] = None


class SayResponse(BaseModel):
    """The answer, and how it ended: `completed`, or `stopped` if it was cut short on request."""

    response: str
    session_id: str
    citations: list[CitationResponse]
    turn_id: str
    model: str
    state: str


class VisitMessage(BaseModel):
    id: str
    turn_id: str
    role: str
    content: str
    state: str
    citations: list[CitationResponse]
    created_at: str


class VisitResponse(BaseModel):
    """What was said in a session, oldest first."""

    session_id: str
    messages: list[VisitMessage]


class ErrorDetail(BaseModel):
    code: str
    message: str


class ErrorResponse(BaseModel):
    error: ErrorDetail
