"""What the dialect takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field

from parlez.api.assistants.fields import (
    CompanyName,
    Instructions,
    Name,
    NewName,
    Number,
    Password,
)
from parlez.core.documents import DocumentState
from parlez.http.citations import CitationResponse
from parlez.http.fields import Label, MessageText, Text
from parlez.http.passages import FoundPassage

MOST_FOUND = 50

Username = Annotated[Label, Field(examples=["ada"])]


class CreateUserRequest(BaseModel):
    username: Username
    email: Annotated[
        Text,
        Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["ada@example.com"]),
    ]
    password: Password
    code: Annotated[Text | None, Field(description="An owner's invitation.")] = None


class UserResponse(BaseModel):
    id: int
    username: str
    email: str


class TokenRequest(BaseModel):
    username: Username
    password: Password


class TokenResponse(BaseModel):
    token: str = Field(description="Send it as `Authorization: Token …`.")


class CreateAssistantRequest(BaseModel):
    name: Name
    company_name: CompanyName
    instructions: Instructions


class ChangeAssistantRequest(BaseModel):
    """What is not sent stays as it is. Files come to those that are there."""

    name: NewName = None
    new_name: Annotated[NewName, Field(description="What it is called from now on.")] = None
    company_name: CompanyName | None = None
    instructions: Instructions | None = None
    replace_files: Annotated[
        bool, Field(description="Let the files come in the place of those that are there.")
    ] = False


class FileResponse(BaseModel):
    id: str
    name: str
    size: int = Field(description="In bytes.")
    state: DocumentState = Field(description="It is answered from once it is `ready`.")
    progress: float = Field(description="How far it is on its way to `ready`, from 0 to 1.")
    reason: str | None = Field(description="Why it failed.")
    pages: int | None = Field(description="Null until it was read, and for what has no pages.")


class AssistantResponse(BaseModel):
    id: int
    name: str
    company_name: str
    instructions: str
    files: list[FileResponse]
    created_at: str
    updated_at: str


class CreateChatRequest(BaseModel):
    assistant_id: Number


class ChatResponse(BaseModel):
    """`id` and `chat_id` are the same. It is the number of a chat, and of a conversation that was
    begun elsewhere its UUID; `assistant_id` is null where that has no assistant any more."""

    id: int | str
    chat_id: int | str
    assistant_id: int | None
    conversation_id: str = Field(description="What other dialects call it.")


class SendRequest(BaseModel):
    assistant_id: Annotated[
        Number | None, Field(description="If it is sent, it must be that of the chat.")
    ] = None
    input: Annotated[
        MessageText, Field(description="What the user says.", examples=["When was it founded?"])
    ]
    stream: Annotated[
        bool, Field(description="Send the answer as server-sent events while it is made.")
    ] = False
    no_search: Annotated[bool, Field(description="Answer this without looking into the files.")] = (
        False
    )


class SendResponse(BaseModel):
    response: str
    citations: list[CitationResponse] = Field(description="What the answer rests on.")
    message_id: str
    state: str = Field(description="completed, or stopped if the answer was cut short on request.")


class ChatMessage(BaseModel):
    id: str
    role: str
    content: str
    state: str = Field(
        description="completed, stopped, failed or interrupted: whether this is all of it."
    )
    created_at: str
    citations: list[CitationResponse] = Field(description="What an answer rests on.")


class HistoryResponse(ChatResponse):
    """The messages of a chat, oldest first."""

    messages: list[ChatMessage]
    before: str | None = Field(
        description="Ask again with this to get the messages before these; null if there are none."
    )


class SearchRequest(BaseModel):
    query: Annotated[MessageText, Field(max_length=4_000, examples=["When was it founded?"])]
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 5


class SearchResponse(BaseModel):
    passages: list[FoundPassage]


class ErrorResponse(BaseModel):
    """Either `detail`, or for fields that cannot be used what is wrong with each, as a list."""

    detail: str | None = None
