"""A bound on how fast a client may send."""

import asyncio

from parlez.api.platform.socket.leaving import Close, Leave

PER_SECOND = 20.0
BURST = 200.0

_PER_SOUND_SECOND = 10.0
"""What a second of sound counts: twice as fast as it can be heard is taken."""


class Flood:
    """A bucket that messages are taken out of and that fills up again."""

    def __init__(self) -> None:
        self._time = asyncio.get_running_loop().time
        self._left = BURST
        self._at = self._time()

    def count(self) -> None:
        """One more. Raises `Leave` for one too many."""
        if not self._take(1.0):
            raise Leave(
                Close.TOO_MUCH,
                "too_many_messages",
                f"At most {PER_SECOND:g} messages a second are taken, for more than a moment.",
            )

    def hear(self, seconds: float) -> None:
        """So much more sound. Raises `Leave` for what no microphone can hear in the time."""
        if not self._take(seconds * _PER_SOUND_SECOND):
            raise Leave(
                Close.TOO_MUCH, "too_much_sound", "More sound comes than a microphone can hear."
            )

    def _take(self, much: float) -> bool:
        now = self._time()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND) - much
        self._at = now
        return self._left >= 0
