"""How the embedded model is run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """`weights` is a GGUF file, None for the one that the lock brings.

    `slots` conversations are answered at once and further ones wait; each can read and write
    `context_tokens` together, and costs 23 kB of memory per token from the start. `threads`
    compute, or as many as there are processors up to four where it is None. After `idle_seconds`
    without a question the weights are let go, which the next question takes half a second to undo.
    `start_seconds` is how long loading may take.
    """

    weights: Path | None = None
    slots: int = 4
    context_tokens: int = 4096
    threads: int | None = None
    idle_seconds: int = 300
    start_seconds: float = 60.0
