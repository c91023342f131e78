"""What a call may say about documents, in every dialect."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from parlez.core.retrieval import ALL_DOCUMENTS, Sources
from parlez.http.fields import Label

MOST_NAMED = 1_000


class SourceFields(BaseModel):
    """The documents that an answer is to rest on."""

    documents: Annotated[
        StrictBool | Annotated[list[Label], Field(max_length=MOST_NAMED)] | None,
        Field(
            description="Answer from documents: true for all of the account, or their ids. Holds "
            "for this answer.",
            examples=[True],
        ),
    ] = None
    no_search: Annotated[
        StrictBool, Field(description="Leave documents out, whatever else is said.")
    ] = False

    @property
    def sources(self) -> Sources | None:
        if self.no_search or not self.documents:
            return None
        return ALL_DOCUMENTS if self.documents is True else Sources(tuple(self.documents))
