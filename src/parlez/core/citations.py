"""Citations: places in documents that anyone can check."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer rests on: the text of a document from `start` to `end`, in Unicode code
    points, which is `quote` word for word and was found there when the citation was made.

    `page` is where the quote begins, None for a document without pages. `score` is how well it
    fits, from 0 to 1. `answer_start` and `answer_end` are the part of the answer that it bears out,
    in code points.
    """

    document_id: str
    document: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float
    answer_start: int = 0
    answer_end: int = 0
