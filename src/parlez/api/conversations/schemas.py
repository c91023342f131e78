"""What the dialect takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from parlez.http.fields import Label, MessageText

Message = Annotated[MessageText, Field(description="What the user says.", examples=["Hello!"])]
Stream = Annotated[
    StrictBool,
    Field(description="Send the answer as server-sent events while it is made."),
]


class StartRequest(BaseModel):
    """The first message of a new conversation."""

    user_id: Annotated[
        Label,
        Field(description="Your own name for whoever is talking.", examples=["123"]),
    ]
    message: Message
    stream: Stream = False


class SendRequest(BaseModel):
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


class SendResponse(BaseModel):
    reply: str
    state: str = Field(description="completed, or stopped if the answer was cut short on request.")


class HistoryMessage(BaseModel):
    role: str
    content: str
    id: str
    state: str = Field(
        description="completed, stopped, failed or interrupted: whether this is all of it."
    )
    created_at: str


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
