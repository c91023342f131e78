"""An event loop whose clock runs ahead when there is nothing to do.

What waits for a minute waits for some milliseconds, and always in the same order.
"""

import asyncio
import selectors
from typing import Any

GRACE_SECONDS = 0.004
"""Real time in which threads and sockets may still have something to say before time is skipped."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time` is the real one plus all that was skipped."""

    def __init__(self) -> None:
        self.skipped = 0.0
        super().__init__(_ImpatientSelector(self))

    def time(self) -> float:
        return super().time() + self.skipped


class _ImpatientSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop):
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= GRACE_SECONDS:
            return super().select(timeout)
        ready = super().select(GRACE_SECONDS)
        if not ready:
            self._loop.skipped += timeout - GRACE_SECONDS
        return ready


class StillTimeLoop(asyncio.SelectorEventLoop):
    """`time` does not pass but when there is nothing to do, and then at once: what takes no time is
    measured to have taken none, however busy the machine is. Threads are not waited for."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_TimelessSelector(self))

    def time(self) -> float:
        return self.now


class _TimelessSelector(selectors.DefaultSelector):
    def __init__(self, loop: StillTimeLoop):
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self._loop.now += max(0.0, timeout)
        return ready
