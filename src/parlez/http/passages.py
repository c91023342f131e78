"""Places that were found in documents, as every dialect spells them."""

from pydantic import BaseModel, Field

from parlez.core.retrieval import Passage


class FoundPassage(BaseModel):
    """A place in a document: `quote` is its text from `start` to `end`, in Unicode code points."""

    document_id: str
    document: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float = Field(description="How well it fits, from 0 to 1.")
    relevant: bool = Field(description="Whether that is enough to answer from it.")
    heading: str
    before: str = Field(description="What stands before it, for the best few.")
    after: str


def passage_response(found: Passage) -> FoundPassage:
    return FoundPassage(
        document_id=found.document_id,
        document=found.document,
        page=found.page,
        start=found.start,
        end=found.end,
        quote=found.text,
        score=found.score,
        relevant=found.relevant,
        heading=found.heading,
        before=found.before,
        after=found.after,
    )
