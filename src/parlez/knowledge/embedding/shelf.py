"""The embedders that a server has."""

from collections.abc import Callable, Sequence

from parlez.core.ports.embedder import Embedder


def nobody(name: str) -> None:
    return None


class Shelf:
    """`embedders` are those that can be used, the one for new texts first; `others` makes those
    that only texts of the past are still embedded with."""

    def __init__(
        self,
        embedders: Sequence[Embedder],
        others: Callable[[str], Embedder | None] = nobody,
    ):
        self._embedders = {each.name: each for each in embedders}
        self._others = others

    @property
    def current(self) -> Embedder | None:
        return next(iter(self._embedders.values()), None)

    @property
    def usable(self) -> Sequence[Embedder]:
        return [*self._embedders.values()]

    def find(self, name: str) -> Embedder | None:
        return self._embedders.get(name) or self._others(name)
