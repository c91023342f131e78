"""What is asked of documents, and what is found."""

from dataclasses import dataclass

from parlez.core.citations import Citation


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents that may be drawn on: those named and those that an assistant has at the time,
    or all of the account if neither is given."""

    document_ids: tuple[str, ...] | None = None
    assistant_id: str | None = None

    @property
    def everything(self) -> bool:
        return self.document_ids is None and self.assistant_id is None


ALL_DOCUMENTS = Sources()


@dataclass(frozen=True, slots=True)
class Readiness:
    """How many documents there are, how many of them can be found, and how many are on their way to
    that. The others failed."""

    documents: int
    ready: int
    pending: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that was found.

    `score` is how well it fits the question, from 0 to 1, and `relevant` whether that is enough to
    answer from it. `before` and `after` are what stands around it, as far as it is worth reading.
    """

    document_id: str
    document: str
    page: int | None
    start: int
    end: int
    heading: str
    text: str
    score: float
    relevant: bool
    before: str = ""
    after: str = ""

    def citation(self) -> Citation:
        """The whole passage, cited."""
        return Citation(
            self.document_id,
            self.document,
            self.page,
            self.start,
            self.end,
            self.text,
            self.score,
        )
