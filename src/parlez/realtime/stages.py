"""When what happened on the way to an answer."""

import asyncio


class Stages:
    """Times of the stages of one answer, in milliseconds since its message was received, or the
    last of it was said: at `began`, by the clock of the event loop, else now. They are marked in
    the order in which they come: received, transcribed, first_token, first_sentence,
    first_audio."""

    def __init__(self, began: float | None = None) -> None:
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock() if began is None else began
        self._marks: dict[str, float] = {"received": 0.0}

    def mark(self, name: str) -> None:
        """Only the first time counts."""
        if name not in self._marks:
            self._marks[name] = self._milliseconds()

    @property
    def ended(self) -> dict[str, float]:
        """All of them, and the end, which is now."""
        return {**self._marks, "end": self._milliseconds()}

    def _milliseconds(self) -> float:
        return round((self._clock() - self._began) * 1_000, 1)
