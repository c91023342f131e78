"""What the dialect takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from parlez.http.citations import CitationResponse
from parlez.http.fields import Label, MessageText
from parlez.http.source_fields import SourceFields

Message = Annotated[MessageText, Field(description="What the user says.", examples=["Hello!"])]
Stream = Annotated[
    StrictBool,
    Field(description="Send the answer as server-sent events while it is made."),
]


class StartRequest(SourceFields):
    """The first message of a new conversation."""

    user_id: Annotated[
        Label,
        Field(description="Your own name for whoever is talking.", examples=["123"]),
    ]
    message: Message
    stream: Stream = False


class SendRequest(SourceFields):
    """The next message of a conversation."""

    message: Annotated[
        MessageText,
        Field(description="What the user says.", examples=["Tell me a joke"]),
    ]
    stream: Stream = False


class StartResponse(BaseModel):
    conversation_id: str
    reply: str
    state: str = Field(description="completed, or stopped if the answer was cut short on request.")
    citations: list[CitationResponse] = Field(description="What the answer rests on.")


class SendResponse(BaseModel):
    reply: str
    state: str = Field(description="completed, or stopped if the answer was cut short on request.")
    citations: list[CitationResponse] = Field(description="What the answer rests on.")


class HistoryMessage(BaseModel):
    role: str
    content: str
    id: str
    state: str = Field(
        description="completed, stopped, failed or interrupted: whether this is all of it."
    )
    created_at: str
    citations: list[CitationResponse] = Field(description="What an answer rests on.")


class HistoryResponse(BaseModel):
    """The messages of a conversation, oldest first."""

    conversation_id: str
    messages: list[HistoryMessage]
    before: str | None = Field(
        description="Ask again with this to get the messages before these; null if there are none."
    )


class ErrorResponse(BaseModel):
    detail: str
    code: str
