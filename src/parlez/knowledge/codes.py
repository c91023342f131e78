"""The codes of one account and model in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parlez.core.ports.document_store import Code, Vector
from parlez.core.retrieval import Sources
from parlez.knowledge import vectors
from parlez.knowledge.vectors import Bits


@dataclass(slots=True)
class Codes:
    """Codes with the serials of their chunks, and for each the number of its document, which
    `names` has."""

    serials: NDArray[np.int64]
    bits: Bits
    documents: NDArray[np.int32]
    names: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """In bytes."""
        return self.serials.nbytes + self.bits.nbytes + self.documents.nbytes

    def candidates(self, direction: Sequence[float], sources: Sources, most: int) -> list[int]:
        """Serials of the chunks whose codes are nearest, in no order."""
        serials, bits = self.serials, self.bits
        if not sources.everything:
            named = sources.document_ids or ()
            wanted = [self.names[name] for name in named if name in self.names]
            among = np.isin(self.documents, wanted)
            serials, bits = serials[among], bits[among]
        if len(serials) > most:
            asked = vectors.code(np.asarray(direction, np.float32))
            nearest = np.argpartition(vectors.distances(bits, asked), most)[:most]
            serials = serials[nearest]
        found: list[int] = serials.tolist()
        return found


def packed(found: Sequence[Code]) -> Codes:
    names: dict[str, int] = {}
    documents = [names.setdefault(code.document_id, len(names)) for code in found]
    raw = np.frombuffer(b"".join(code.code for code in found), np.uint8)
    return Codes(
        np.array([code.serial for code in found], np.int64),
        raw.reshape(len(found), -1) if found else raw.reshape(0, 8),
        np.array(documents, np.int32),
        names,
    )


def nearness(found: Sequence[Vector], direction: Sequence[float]) -> dict[int, float]:
    """The cosine of the angle to a direction, by serial."""
    if not found:
        return {}
    scores = vectors.directions(found) @ np.asarray(direction, np.float32)
    return {each.serial: float(score) for each, score in zip(found, scores, strict=True)}
