"""The embedders that a server has."""

from collections.abc import Sequence

from parlez.core.ports.embedder import Embedder


class Shelf:
    """`embedders` are those that can be used, the one for new texts first."""

    def __init__(self, embedders: Sequence[Embedder]):
        self._embedders = {each.name: each for each in embedders}

    @property
    def current(self) -> Embedder | None:
        return next(iter(self._embedders.values()), None)

    def find(self, name: str) -> Embedder | None:
        return self._embedders.get(name)
