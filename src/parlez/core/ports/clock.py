"""The time of day. Waiting is the event loop's own business."""

from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...
