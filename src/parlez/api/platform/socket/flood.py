"""A bound on how fast a client may send."""

import asyncio

from parlez.api.platform.socket.leaving import Close, Leave

PER_SECOND = 20.0
BURST = 200.0


class Flood:
    """A bucket that messages are taken out of and that fills up again."""

    def __init__(self) -> None:
        self._time = asyncio.get_running_loop().time
        self._left = BURST
        self._at = self._time()

    def count(self) -> None:
        """One more. Raises `Leave` for one too many."""
        now = self._time()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND) - 1
        self._at = now
        if self._left < 0:
            raise Leave(
                Close.TOO_MUCH,
                "too_many_messages",
                f"At most {PER_SECOND:g} messages a second are taken, for more than a moment.",
            )
