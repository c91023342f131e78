"""A turn that is at work in this process, as its followers see it."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from parlez.core.events import Numbered
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, Turn

RECENT_EVENTS = 256
"""Events kept at hand for followers; a slower one reads from the log."""


class LiveTurn:
    """The newest committed events of a turn, and a way to wait for more.

    There is no queue per follower: each keeps a cursor and reads from the same tail, so that any
    number of slow ones costs nothing and the memory is bounded.
    """

    def __init__(self, turn: Turn):
        self.turn = turn
        self.session_id: str | None = None
        """The session that the turn was asked in, if it was."""
        self.task: asyncio.Task[None] | None = None
        self.interruption: tuple[State, str] | None = None
        """The state and reason to end with, once somebody has asked for an end."""
        self.ended: asyncio.Future[EndedTurn] = asyncio.get_running_loop().create_future()
        self.version = 0
        """Grows with every change; what `changed` compares."""
        self._answering = False
        self._recent: deque[Numbered] = deque(maxlen=RECENT_EVENTS)
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def at_work(self) -> bool:
        """Whether its task will end it."""
        return self.task is not None and not self.task.done()

    def begin(self, turn: Turn, task: asyncio.Task[None]) -> None:
        """Note that the turn has left the queue."""
        self.turn = turn
        self.task = task
        self.wake()

    def interrupt(self, state: State, reason: str) -> None:
        """Ask for an end. The first to ask decides; an answer that is whole already stays so."""
        if self.interruption is None:
            self.interruption = (state, reason)
            if self.task and self._answering:
                self.task.cancel()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """The part of the turn's task that `interrupt` may cancel; such a cancellation ends here.
        What comes after it, storing the end, is never cancelled. Raises `RuntimeError` where nobody
        cancelled the task, but something that it waited for."""
        self._answering = True
        try:
            yield
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or not task.cancelling():
                raise RuntimeError("what the turn waited for was cancelled") from cancelled
            if self.interruption is None:
                raise
            task.uncancel()
        finally:
            self._answering = False

    def publish(self, events: Sequence[Numbered]) -> None:
        """Show events that are on disk."""
        self._recent.extend(events)
        self.wake()

    def end(self, ended: EndedTurn) -> None:
        """Show the end, which is on disk. The first one stands."""
        if not self.ended.done():
            self.turn = ended.turn
            self.ended.set_result(ended)
            self.wake()

    def give_up(self, error: Exception) -> None:
        """Tell all who wait that the end could not be stored; a later look will find it."""
        if not self.ended.done():
            self.ended.set_exception(error)
            # Nobody may be waiting, and that is no fault.
            self.ended.exception()
            self.wake()

    def after(self, number: int) -> Sequence[Numbered] | None:
        """Events with greater numbers, if they are all at hand; None if the log must be read."""
        if not self._recent or self._recent[-1].number <= number:
            return ()
        if self._recent[0].number > number + 1 and self._recent[0].number > 2:
            return None
        return [event for event in self._recent if event.number > number]

    def is_quiet_after(self, number: int) -> bool:
        """Whether a follower who has the events up to a number has nothing to do but wait."""
        return not self.ended.done() and (not self._recent or self._recent[-1].number <= number)

    async def changed(self, version: int) -> None:
        """Wait until there is more than there was at a version."""
        if self.version != version:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def wake(self) -> None:
        """Let all who wait look again."""
        self.version += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
