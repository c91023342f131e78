"""What is told about turns to whoever measures the server."""

from typing import Protocol

from parlez.core.turns import Ending, Turn


class Telemetry(Protocol):
    def turn_ended(self, turn: Turn, ending: Ending) -> None:
        """A turn that ran has ended."""
        ...
