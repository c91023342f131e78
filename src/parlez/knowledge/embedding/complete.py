"""Whose vectors can be searched."""

from collections.abc import Sequence

from parlez.core.ports.embedder import Embedder, EmbedderShelf


def complete_embedder(embedders: EmbedderShelf, models: Sequence[str]) -> Embedder | None:
    """The one whose vectors are complete, of those that the named models made: while a new one is
    at work, the one before it."""
    current = embedders.current
    for name in models:
        is_before = current is None or name != current.name
        if is_before and (usable := embedders.find(name)):
            return usable
    return current
