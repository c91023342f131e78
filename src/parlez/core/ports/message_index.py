"""What makes messages findable, and finds them: one method per transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.messages import Role
from parlez.core.ports.vectors import Code, Vector
from parlez.core.search import Within


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a message's text, in Unicode code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message, of the length that is embedded. `serial` is its number among all pieces
    of a server; 0 stands for one that is not indexed yet."""

    serial: int
    message_id: str
    conversation_id: str
    role: Role
    text: str
    created_at: int
    title: str | None
    begun_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A conversation of which something has changed, and the texts of those messages in it that may
    have to be indexed, by their ids."""

    scope: Scope
    conversation_id: str
    texts: Mapping[str, str]


class MessageIndexing(Protocol):
    """What makes messages findable. It looks at all accounts."""

    async def changed(self, after: str, limit: int) -> Sequence[Changed]:
        """Some conversations of one account in which something has changed, the newest first. The
        account is the next after one with the id `after`, or the first."""
        ...

    async def index(self, changed: Changed, spans: Mapping[str, Sequence[Span]]) -> None:
        """Store some of these pieces of messages, as many as take a moment, and forget what has
        left the head branch. What is done for good is no change any more."""
        ...

    async def waiting(self) -> int:
        """How many changes there are."""
        ...

    async def without_vector(self, model: str, limit: int) -> Sequence[tuple[Scope, int, str]]:
        """The next pieces that a model has given no vector yet, in the order of their serials:
        whose they are, and what they say."""
        ...

    async def add_vectors(
        self, model: str, vectors: Sequence[tuple[Scope, Vector]], up_to: int
    ) -> None:
        """Vectors of pieces, as far as those are still there; all pieces up to a serial have been
        looked at then."""
        ...

    async def drop_old_vectors(self, model: str) -> bool:
        """Drop some vectors of other models; whether there were any."""
        ...


class MessageSearch(Protocol):
    """What is searched."""

    async def by_words(
        self, scope: Scope, within: Within, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        """Serials of the pieces that have any of these words, those first that have the rarest, and
        how much they have of them (greater than 0). Words that stand nearly everywhere do not
        count, unless there are no others."""
        ...

    async def not_indexed(self, scope: Scope, within: Within, limit: int) -> list[Piece]:
        """Messages, whole, of the newest conversations in which something has changed."""
        ...

    async def pieces(self, scope: Scope, within: Within, serials: Sequence[int]) -> list[Piece]:
        """Those that are there, in any order."""
        ...

    async def serials(self, scope: Scope, conversation_id: str, limit: int) -> list[int]:
        """Those of a conversation, the newest first."""
        ...

    async def models(self, scope: Scope) -> list[str]:
        """Names of the embedders that an account's messages have vectors of."""
        ...

    async def codes(
        self, scope: Scope, part: str, model: str, after: int, limit: int
    ) -> list[Code]:
        """The next codes with greater serials than `after`, in order, of the messages with the user
        `part`, who is empty for the account itself."""
        ...

    async def vectors(self, scope: Scope, model: str, serials: Sequence[int]) -> list[Vector]:
        """Those that are there, in any order."""
        ...
