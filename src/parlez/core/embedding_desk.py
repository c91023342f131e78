"""What callers do to have texts embedded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parlez.core.errors import InvalidInput, NotFound
from parlez.core.identity import Caller
from parlez.core.paid_call import CallKind
from parlez.core.paid_calls import PaidCalls
from parlez.core.ports.embedder import Embedder, Embeddings
from parlez.core.tokens import estimate_tokens

SHORTENED = "text-embedding-3"
"""How the names of models begin whose vectors may be cut short; see
https://developers.openai.com/api/docs/guides/embeddings
"""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of length 1, who made them, and how many tokens were read for them."""

    model: str
    embeddings: Embeddings


class EmbeddingDesk:
    """`embedders` are those that can be asked, by the names that callers know them by. `stand_in`
    embeds for the names in `stood_in_for`."""

    def __init__(
        self,
        embedders: Mapping[str, Embedder],
        calls: PaidCalls,
        stand_in: Embedder | None = None,
        stood_in_for: Sequence[str] = (),
    ):
        self._embedders = embedders
        self._calls = calls
        self._stand_in = stand_in
        self._stood_in_for = stood_in_for

    @property
    def names(self) -> list[str]:
        """Those of all that can be asked now."""
        return [*self._embedders]

    async def embed(
        self, caller: Caller, model: str, texts: Sequence[str], dimensions: int | None
    ) -> Embedded:
        """Raises `NotFound`, naming the known models; `InvalidInput` for a number of dimensions
        that the model does not have; `ModelError`; and what `PaidCalls` does."""
        embedder = self._find(model)
        guessed = sum(estimate_tokens(text) for text in texts)
        call = self._calls.call(
            caller,
            CallKind.EMBEDDING,
            embedder.name,
            embedder.price,
            guessed,
            units=len(texts),
        )
        async with call as receipt:
            made = await embedder.embed(texts)
            vectors = _shortened(embedder.name, made.vectors, dimensions)
            receipt.tokens = made.tokens
        return Embedded(embedder.name, Embeddings(vectors, made.tokens))

    def _find(self, name: str) -> Embedder:
        if name in self._embedders:
            return self._embedders[name]
        for known, embedder in self._embedders.items():
            if known.partition("/")[2] == name:
                return embedder
        if self._stand_in and name in self._stood_in_for:
            return self._stand_in
        known_names = ", ".join(self._embedders) or "none: install 'parlez[documents]'"
        # The name is not repeated: it may hold anything.
        raise NotFound(
            f"There is no embedding model of that name. Known are {known_names}.",
            code="model_not_found",
        )


def _shortened(name: str, vectors: list[list[float]], dimensions: int | None) -> list[list[float]]:
    whole = len(vectors[0])
    if dimensions is None or dimensions == whole:
        return vectors
    if dimensions > whole or not name.partition("/")[2].startswith(SHORTENED):
        raise InvalidInput(
            f"The vectors of this model have {whole} dimensions and no other number.",
            code="unsupported_parameter",
            param="dimensions",
        )
    return [_of_length_1(vector[:dimensions]) for vector in vectors]


def _of_length_1(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]
