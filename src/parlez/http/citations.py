"""Citations, as every dialect spells them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, Field

from parlez.core.citations import Citation


class CitationResponse(BaseModel):
    """A place in a document that a part of an answer rests on. Places are in Unicode code points:
    `quote` is what stands in the document from `start` to `end`."""

    document_id: str
    document: str
    page: int | None = Field(description="Where the quote begins; null without pages.")
    start: int
    end: int
    quote: str
    score: float = Field(description="How well it fits the question, from 0 to 1.")
    answer_start: int = Field(description="Where in the answer stands what it bears out.")
    answer_end: int


def citation_fields(citation: Citation) -> dict[str, Any]:
    return asdict(citation)


def citation_responses(citations: Iterable[Citation]) -> list[CitationResponse]:
    return [CitationResponse(**asdict(citation)) for citation in citations]
