"""What is told about money to whoever measures the server."""

from typing import Protocol


class CostMeter(Protocol):
    def spent(self, model: str, microdollars: int) -> None:
        """An answer of a model cost so much."""
        ...

    def unpriced(self, model: str) -> None:
        """An answer of a model cost nobody knows how much."""
        ...
