"""What the dialect takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field

from parlez.http.citations import CitationResponse
from parlez.http.fields import MessageText
from parlez.http.source_fields import SourceFields


class KeyResponse(BaseModel):
    api_key: str = Field(description="The key. It is shown only now.")


class ChatRequest(SourceFields):
    api_key: Annotated[str | None, Field(description="The key, if it is not sent in a header.")] = (
        None
    )
    message: Annotated[
        MessageText, Field(description="What the user says.", examples=["Your message here"])
    ]
    conversation_id: Annotated[
        str | None, Field(description="Go on with this conversation; without it one is begun.")
    ] = None


class ChatResponse(BaseModel):
    response: str
    conversation_id: str
    citations: list[CitationResponse] = Field(description="What the answer rests on.")


class ErrorResponse(BaseModel):
    error: str
