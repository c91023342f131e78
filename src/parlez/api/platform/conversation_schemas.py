"""Conversations as JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from parlez.api.platform.fields import Metadata, ModelName, Prompt, UserId
from parlez.http.citations import CitationResponse
from parlez.http.fields import MessageText, Text

Title = Annotated[
    Text, Field(max_length=255, description="Made from the first message where there is none.")
]
Description = Annotated[Text, Field(max_length=4_096)]


class ChangeConversationRequest(BaseModel):
    """What is left out stays as it is, and null takes it away."""

    title: Title | None = None
    description: Description | None = None
    model: ModelName | None = Field(None, description="Answers where a call names no model.")
    system_prompt: Prompt | None = Field(None, description="Holds where a call has none.")
    metadata: Metadata | None = None


class CreateConversationRequest(ChangeConversationRequest):
    user_id: UserId | None = None


class Summary(BaseModel):
    """A conversation in a list."""

    id: str
    title: str
    description: str | None
    model: str | None
    template: str | None
    metadata: dict[str, Any]
    user_id: str | None
    created_at: str
    updated_at: str
    archived_at: str | None
    message_count: int


class ConversationResponse(Summary):
    system_prompt: str | None


class ConversationsResponse(BaseModel):
    """Conversations, the last changed first."""

    conversations: list[Summary]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(description="Send it as `cursor` for those after these.")


class DeletedResponse(BaseModel):
    status: Literal["success"] = "success"
    message: str = "Conversation deleted successfully"


class AddMessageRequest(BaseModel):
    role: Literal["user", "assistant"]
    content: Annotated[MessageText, Field(examples=["By the way, I am in Paris."])]
    user_id: UserId | None = None


class MessageResponse(BaseModel):
    id: str
    role: str
    content: str
    created_at: str
    state: str = Field(
        description="completed, stopped, failed or interrupted: whether this is all of it."
    )
    citations: list[CitationResponse] = Field(description="What an answer rests on.")


class MessagesResponse(BaseModel):
    """Messages of a conversation, oldest first."""

    conversation_id: str
    title: str
    messages: list[MessageResponse]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(description="Send it as `cursor` for those after these.")


class ExportResponse(BaseModel):
    """A whole conversation."""

    conversation: ConversationResponse
    messages: list[MessageResponse]
