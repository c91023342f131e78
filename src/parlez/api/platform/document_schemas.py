"""Documents, as the platform spells them."""

from typing import Annotated

from pydantic import BaseModel, Field

from parlez.core.documents import Document, DocumentState
from parlez.http.fields import Label, MessageText
from parlez.http.passages import FoundPassage
from parlez.http.times import iso_time

MOST_FOUND = 50
MOST_NAMED = 1_000


class DocumentResponse(BaseModel):
    id: str
    name: str
    size: int = Field(description="In bytes.")
    state: DocumentState = Field(description="It can be found and cited once it is `ready`.")
    progress: float = Field(description="How far it is on its way to `ready`, from 0 to 1.")
    reason: str | None = Field(description="Why it failed.")
    reason_code: str | None = Field(description="Why it failed, for programs.")
    pages: int | None = Field(description="Null until it was read, and for what has no pages.")
    characters: int
    created_at: str
    updated_at: str


class DocumentsResponse(BaseModel):
    documents: list[DocumentResponse]
    before: str | None = Field(
        description="Ask again with this to get those before these; null if there are none."
    )


class SearchRequest(BaseModel):
    query: Annotated[MessageText, Field(max_length=4_000, examples=["When was it founded?"])]
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 5
    documents: Annotated[
        list[Label] | None,
        Field(max_length=MOST_NAMED, description="Ids of those to search; else all."),
    ] = None


class SearchResponse(BaseModel):
    passages: list[FoundPassage]


def document(found: Document) -> DocumentResponse:
    return DocumentResponse(
        id=found.id,
        name=found.name,
        size=found.size,
        state=found.state,
        progress=round(found.progress, 3),
        reason=found.reason,
        reason_code=found.reason_code,
        pages=found.pages,
        characters=found.characters,
        created_at=iso_time(found.created_at),
        updated_at=iso_time(found.updated_at),
    )
