"""The embedded embedder, behind `core.ports.embedder`."""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

from parlez.core.ports.embedder import Embeddings
from parlez.core.prices import Price
from parlez.knowledge.embedding.weights import Weights

if TYPE_CHECKING:
    from parlez.knowledge.embedding.minilm import MiniLM

NAME = "local/all-MiniLM-L6-v2"

FREE = Price(Decimal(0), Decimal(0))

AT_ONCE = 16
"""Texts of one caller that are embedded without a break."""

_NICENESS = 15


class LocalEmbedder:
    """Loads its model at the first use. What is asked in the background is done by a thread with a
    low priority, so that neither conversations nor questions wait for it."""

    def __init__(self, weights: Weights):
        self._weights = weights
        self._model: MiniLM | None = None
        self._loading = threading.Lock()
        self._urgent = ThreadPoolExecutor(1, "embedder")
        self._background = ThreadPoolExecutor(1, "background embedder", _step_back)

    @property
    def name(self) -> str:
        return NAME

    @property
    def price(self) -> Price:
        return FREE

    async def embed(self, texts: Sequence[str], *, in_background: bool = False) -> Embeddings:
        pool = self._background if in_background else self._urgent
        work: Callable[[Sequence[str]], Embeddings] = self._embed
        loop = asyncio.get_running_loop()
        vectors: list[list[float]] = []
        tokens = 0
        # Between them whoever else has waited comes.
        for start in range(0, len(texts), AT_ONCE):
            some = await loop.run_in_executor(pool, work, texts[start : start + AT_ONCE])
            vectors += some.vectors
            tokens += some.tokens
        return Embeddings(vectors, tokens)

    async def close(self) -> None:
        """Wait for what is being done, and do no more."""
        for pool in (self._urgent, self._background):
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    def _embed(self, texts: Sequence[str]) -> Embeddings:
        return Embeddings(*self._loaded().embed(texts))

    def _loaded(self) -> "MiniLM":
        from parlez.knowledge.embedding.minilm import MiniLM

        with self._loading:
            if self._model is None:
                self._model = MiniLM(self._weights)
            return self._model


def _step_back() -> None:
    # On Linux a thread has a priority of its own; elsewhere this would slow all of the process.
    if hasattr(os, "gettid"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
