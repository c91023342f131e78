"""Tokens, as the vendor counts them."""

from typing import Any

from parlez.core.events import Usage

# What was read from a cache, or written to it, was read as well, and is counted apart.
_READ = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class UsageCount:
    """Puts the usage of an answer together: a stream tells the prompt at its start and a running
    total of the answer at its end. See https://platform.claude.com/docs/en/api/messages-streaming
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, raw: Any) -> None:
        """Take what was told; what makes no sense is left out."""
        if isinstance(raw, dict):
            for name in (*_READ, "output_tokens"):
                if type(raw.get(name)) is int and raw[name] >= 0:
                    self._counts[name] = raw[name]

    def total(self) -> Usage | None:
        """All that was told, or None where it is not enough."""
        if not {"input_tokens", "output_tokens"} <= self._counts.keys():
            return None
        return Usage(
            prompt_tokens=sum(self._counts.get(name, 0) for name in _READ),
            completion_tokens=self._counts["output_tokens"],
        )
