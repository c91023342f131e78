"""Embeddings from a vendor that speaks OpenAI's format, behind `core.ports.embedder`.

See https://platform.openai.com/docs/api-reference/embeddings
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from parlez.core.ports.embedder import Embeddings
from parlez.core.prices import Price
from parlez.core.tokens import estimate_tokens
from parlez.providers import errors
from parlez.providers.connection import Connection
from parlez.providers.nonsense import NONSENSE
from parlez.providers.timeouts import DEFAULT_TIMEOUTS
from parlez.providers.vendor import Vendor

PATH = "/embeddings"

AT_ONCE = 64
"""Texts in one request."""


class OpenAIEmbedder:
    """`model` is the vendor's name for it; its vectors are named after both."""

    def __init__(
        self,
        vendor: Vendor,
        model: str,
        session: Callable[[], aiohttp.ClientSession],
        *,
        price: Price | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._vendor = vendor
        self._model = model
        self._price = price
        self._connection = Connection(vendor, session, DEFAULT_TIMEOUTS, sleep, PATH)

    @property
    def name(self) -> str:
        return f"{self._vendor.name}/{self._model}"

    @property
    def price(self) -> Price | None:
        return self._price

    async def embed(self, texts: Sequence[str], *, in_background: bool = False) -> Embeddings:
        vectors: list[list[float]] = []
        tokens = 0
        for start in range(0, len(texts), AT_ONCE):
            some = await self._ask(texts[start : start + AT_ONCE])
            vectors += some.vectors
            tokens += some.tokens
        return Embeddings(vectors, tokens)

    async def _ask(self, texts: Sequence[str]) -> Embeddings:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        response = await self._connection.ask(body, stream=False)
        try:
            pieces = self._connection.pieces(response)
            raw = bytearray()
            while piece := await pieces.read():
                raw += piece
        finally:
            response.close()
        try:
            return _read(json.loads(raw), texts)
        except NONSENSE as reason:
            raise errors.not_understood(self._vendor) from reason


def _read(answer: dict[str, Any], texts: Sequence[str]) -> Embeddings:
    by_place = {int(each["index"]): each["embedding"] for each in answer["data"]}
    vectors = [_of_length_1(by_place[place]) for place in range(len(texts))]
    if len({len(vector) for vector in vectors}) != 1:
        raise ValueError("vectors of several lengths")
    told = (answer.get("usage") or {}).get("prompt_tokens")
    guessed = sum(estimate_tokens(text) for text in texts)
    return Embeddings(vectors, told if isinstance(told, int) else guessed)


def _of_length_1(raw: Sequence[Any]) -> list[float]:
    values = [float(value) for value in raw]
    length = math.sqrt(sum(value * value for value in values))
    if not math.isfinite(length) or length == 0:
        raise ValueError("no vector")
    return [value / length for value in values]
