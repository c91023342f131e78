"""Documents: files that answers may draw on."""

from dataclasses import dataclass
from enum import StrEnum

from parlez.core.errors import ParlezError
from parlez.core.identity import Scope


class DocumentState(StrEnum):
    """Where a document stands. It can be found and cited once it is ready. One that was removed is
    there for nobody; it is kept until all that belongs to it is gone."""

    QUEUED = "queued"
    READING = "reading"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as stored.

    `sha256` names its file, `size` is in bytes, `characters` counts the code points of its text.
    `chunks` is how many pieces that was cut into and `indexed` how many of them have been made
    findable, both 0 until it has been read. `pages` is None for a kind of file that has none.
    `reason` says why a failed one failed, and `reason_code` says it to programs. Times are in
    microseconds since 1970, UTC.
    """

    id: str
    scope: Scope
    name: str
    sha256: str
    size: int
    state: DocumentState
    created_at: int
    updated_at: int
    reason_code: str | None = None
    reason: str | None = None
    pages: int | None = None
    characters: int = 0
    chunks: int = 0
    indexed: int = 0

    @property
    def progress(self) -> float:
        """How far it is on its way to ready, from 0 to 1. Reading counts for a tenth: making the
        text findable takes the most time by far."""
        if self.state is DocumentState.READY:
            return 1.0
        if self.state is not DocumentState.READING or not self.chunks:
            return 0.0
        return 0.1 + 0.9 * self.indexed / self.chunks


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a document's text: a page of it where the file has pages, and else as much as is
    read at once, with `number` None. `start` is its place in the whole text, which is that of all
    parts one after another."""

    place: int
    number: int | None
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document's text that is found as one: `text` is the whole text from `start` to
    `end`, in code points. `heading` is what stands above it, empty if nothing does."""

    place: int
    page: int | None
    start: int
    end: int
    heading: str
    text: str


class UnreadableFile(ParlezError):
    """Why a file cannot be made a document. Its code is one of those below."""

    code = "unreadable_file"


ENCRYPTED = "encrypted"
EMPTY = "empty"
NO_TEXT = "no_text"
BROKEN = "broken"
BOMB = "unpacks_to_too_much"
MISLABELLED = "mislabelled"
UNKNOWN_KIND = "unknown_kind"
TOO_MANY_PAGES = "too_many_pages"
TOO_LONG = "too_long"
TOO_SLOW = "too_slow"
TOO_MUCH_MEMORY = "too_much_memory"
CANNOT_READ = "cannot_read"
