"""What is asked of searches, and what they answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from parlez.api.platform.fields import UserId
from parlez.core.messages import Role
from parlez.core.search import LONGEST_QUERY, MOST_FOUND, MOST_SKIPPED
from parlez.http.fields import Label, MessageText

Query = Annotated[
    MessageText,
    Field(max_length=LONGEST_QUERY, description="Words, or a question.", examples=["python"]),
]
Limit = Annotated[int, Field(ge=1, le=MOST_FOUND)]
Offset = Annotated[int, Field(ge=0, le=MOST_SKIPPED, description="Skip so many better ones.")]
Side = Annotated[
    Literal["user", "assistant"] | None, Field(description="Only what one side has said.")
]
Similarity = Annotated[float, Field(description="How well it fits, from 0 to 1.")]
Marks = Annotated[
    list[tuple[int, int]],
    Field(
        description="Where in the snippet words stand that were asked for: start and end, in "
        "Unicode code points."
    ),
]
Means = Annotated[
    list[Literal["words", "meaning"]],
    Field(description="Only `words` where no embedder can be used."),
]


class SearchWithinRequest(BaseModel):
    query: Query
    limit: Limit = 10
    offset: Offset = 0
    role: Side = None
    user_id: UserId | None = None


class SearchConversationsRequest(SearchWithinRequest):
    user_id: Annotated[
        Label | None,
        Field(description="Whom they are with; without it, those with the account itself."),
    ] = None


class SearchMessagesRequest(SearchConversationsRequest):
    conversation_id: Annotated[
        Label | None, Field(description="Look in this one only.", examples=["conv_12345"])
    ] = None


class FoundConversationResponse(BaseModel):
    conversation_id: str
    title: str
    created_at: str
    updated_at: str
    similarity_score: Similarity
    snippet: str = Field(description="Of the message that fits best.")
    marks: Marks
    message_id: str


class ConversationResults(BaseModel):
    results: list[FoundConversationResponse]
    searched_by: Means


class FoundMessageResponse(BaseModel):
    message_id: str
    conversation_id: str
    role: Role
    content: str = Field(description="The message, or the part of a long one that fits best.")
    created_at: str
    similarity_score: Similarity
    title: str = Field(description="That of the conversation.")
    snippet: str = Field(description="A line of it, with the words that were asked for.")
    marks: Marks


class MessageResults(BaseModel):
    results: list[FoundMessageResponse]
    searched_by: Means
