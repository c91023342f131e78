"""Writing down what a model says, while it says it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from parlez.core.events import LoggedEvent, Numbered, TextDelta, ToolCalled

MOST_UNWRITTEN = 64 * 1024
"""Characters that may wait for the disk before the model is made to wait too."""


class Recorder:
    """Coalesces events and appends them to the log, and publishes them once they are on disk.

    The first event is written at once. Later ones are gathered while a write is under way, and
    for at least `flush` seconds after the last write began: neighbouring pieces of text become
    one event. `append` stores events and `publish` shows them; a failing append ends the
    recording, and is raised from the next `add`, or from `finish`.
    """

    def __init__(
        self,
        append: Callable[[Sequence[Numbered]], Awaitable[None]],
        publish: Callable[[Sequence[Numbered]], None],
        flush: float,
    ):
        self._append = append
        self._publish = publish
        self._flush = flush
        self._number = 1
        self._characters = 0
        self._unwritten: list[LoggedEvent] = []
        self._unwritten_characters = 0
        self._said: list[str] = []
        self._called: list[ToolCalled] = []
        self._writing: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._has_failed = False
        self._finishing = asyncio.Event()

    @property
    def text(self) -> str:
        """Everything said so far, on disk or not."""
        return "".join(self._said)

    @property
    def tool_calls(self) -> tuple[ToolCalled, ...]:
        """All tools called so far, on disk or not."""
        return tuple(self._called)

    @property
    def last_number(self) -> int | None:
        """The number of the last event: 1, the start's, if nothing was said. None after a write
        that failed, for nobody can tell what the log has of it."""
        return None if self._has_failed else self._number

    async def add(self, event: LoggedEvent) -> None:
        if isinstance(event, TextDelta):
            self._said.append(event.text)
            self._unwritten_characters += len(event.text)
        else:
            self._called.append(event)
        self._unwritten.append(event)
        if self._writing is None or self._writing.done():
            if self._writing is not None:
                self._writing.result()
            self._writing = asyncio.create_task(self._write_all())
        elif self._unwritten_characters > MOST_UNWRITTEN:
            # Whoever is cancelled while waiting must not tear a write apart.
            await asyncio.shield(self._writing)

    async def finish(self) -> None:
        """Write what is left. Nothing may be added afterwards."""
        self._finishing.set()
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._unwritten:
            await self._pause(self._not_before - loop.time())
            self._not_before = loop.time() + self._flush
            await self._write()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._finishing.wait()

    async def _write(self) -> None:
        events, self._unwritten = self._unwritten, []
        self._unwritten_characters = 0
        numbered = self._numbered(events)
        self._has_failed = True
        await self._append(numbered)
        self._has_failed = False
        self._number = numbered[-1].number
        self._characters = numbered[-1].characters
        self._publish(numbered)

    def _numbered(self, events: Sequence[LoggedEvent]) -> list[Numbered]:
        number, characters = self._number, self._characters
        numbered = []
        for event in _coalesced(events):
            number += 1
            characters += len(event.text) if isinstance(event, TextDelta) else 0
            numbered.append(Numbered(number, characters, event))
        return numbered


def _coalesced(events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Join neighbouring pieces of text."""
    result: list[LoggedEvent] = []
    pieces: list[str] = []
    for event in events:
        if isinstance(event, TextDelta):
            pieces.append(event.text)
            continue
        if pieces:
            result.append(TextDelta("".join(pieces)))
            pieces = []
        result.append(event)
    if pieces:
        result.append(TextDelta("".join(pieces)))
    return result
