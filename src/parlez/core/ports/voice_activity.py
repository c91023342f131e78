"""Telling whether somebody speaks."""

from collections.abc import Sequence
from typing import Protocol

WINDOW_SAMPLES = 512
"""At `HEARING_RATE`: what is judged at a time, 32 milliseconds."""


class ActivityStream(Protocol):
    async def judge(self, pcm: bytes) -> Sequence[float]:
        """How likely it is, from 0 to 1, that each of the next windows holds a voice. `pcm` has
        whole windows, which follow those of the call before. Raises `ModelError`."""
        ...


class VoiceActivity(Protocol):
    """Any number of streams may be judged at once."""

    def stream(self) -> ActivityStream:
        """One that has heard nothing yet."""
        ...

    async def warm_up(self) -> None:
        """Get ready where that takes time. Raises `ModelError`."""
        ...
