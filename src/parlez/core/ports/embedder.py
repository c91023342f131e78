"""A model that gives texts a place among meanings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlez.core.prices import Price


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector of length 1 for each text, in order, and how many tokens were read for them."""

    vectors: list[list[float]]
    tokens: int


class Embedder(Protocol):
    """Texts that mean the same get vectors that lie close together. `name` tells its vectors from
    those of all others."""

    @property
    def name(self) -> str: ...

    @property
    def price(self) -> Price | None:
        """Of the tokens that it reads; None where nobody knows it."""
        ...

    async def embed(self, texts: Sequence[str], *, in_background: bool = False) -> Embeddings:
        """At least one text; what is too long is read as far as the model reads. In the background
        others go first. Raises `ModelError`."""
        ...


class EmbedderShelf(Protocol):
    """The embedders that can be used now."""

    @property
    def current(self) -> Embedder | None:
        """The one that new texts are embedded with, None if there is none."""
        ...

    @property
    def usable(self) -> Sequence[Embedder]:
        """All that new texts can be embedded with, the current one first."""
        ...

    def find(self, name: str) -> Embedder | None:
        """The one whose vectors have a name, if it can still be used."""
        ...
