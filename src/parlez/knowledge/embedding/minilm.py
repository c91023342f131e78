"""The model itself: all-MiniLM-L6-v2, in integers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parlez.knowledge.embedding.weights import Weights

LONGEST = 256
"""Tokens of a text that are read."""

BATCH = 8
"""Texts that are read side by side. The shorter of them are filled up, so that more cost more."""


class MiniLM:
    """Loads at once, which takes a third of a second. May be used by several threads."""

    def __init__(self, weights: Weights):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Whoever calls does the work, with the priority that it has.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session: Any = onnxruntime.InferenceSession(
            str(weights.model), options, providers=["CPUExecutionProvider"]
        )
        self._wanted = {each.name for each in self._session.get_inputs()}
        self._tokenizer: Any = Tokenizer.from_file(str(weights.tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        """A vector of length 1 for each text, and the tokens that were read."""
        encoded = [self._tokenizer.encode(text) for text in texts]
        vectors: list[list[float]] = [[]] * len(texts)
        # Texts of a length go together.
        order = sorted(range(len(texts)), key=lambda place: len(encoded[place].ids))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            for place, vector in zip(places, self._run([encoded[p] for p in places]), strict=True):
                vectors[place] = vector.tolist()
        return vectors, sum(len(each.ids) for each in encoded)

    def _run(self, encoded: Sequence[Any]) -> NDArray[np.float32]:
        longest = max(len(each.ids) for each in encoded)
        ids = np.zeros((len(encoded), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(encoded):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        given = {name: value for name, value in inputs.items() if name in self._wanted}
        hidden: NDArray[np.float32] = self._session.run(None, given)[0]
        weights = mask[:, :, None].astype(np.float32)
        mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        norms = np.linalg.norm(mean, axis=1, keepdims=True)
        result: NDArray[np.float32] = mean / np.maximum(norms, 1e-9)
        return result
