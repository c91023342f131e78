"""Following a turn from any point, by any number of readers, as often as they like."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from parlez.core.closing import closing_events, missing_calls, missing_text
from parlez.core.cursor import Cursor
from parlez.core.errors import Interrupted
from parlez.core.events import Numbered, TurnStarted
from parlez.core.identity import Scope
from parlez.core.live_turn import LiveTurn
from parlez.core.live_turns import LiveTurns
from parlez.core.messages import State
from parlez.core.ports.turn_store import TurnStore
from parlez.core.turns import Turn

PAGE = 256
"""Events read from the log at once."""

Followed = AsyncGenerator[Numbered | None, None]
"""Events; and None where there was silence for as long as the follower wanted to bear, or where it
was woken to look around."""


class Following:
    def __init__(self, store: TurnStore, live_turns: LiveTurns):
        self._store = store
        self._live_turns = live_turns

    async def follow(self, scope: Scope, turn_id: str, cursor: Cursor, silence: float) -> Followed:
        """Yield the events of a turn behind a cursor: what is in the log, then what comes, then
        the end; and None after every `silence` seconds without one.

        Raises `NotFound`; `Interrupted` if the follower should come back in a moment, because the
        server shuts down or the turn's end is not stored yet; or the error that keeps the end from
        being stored.
        """
        at = cursor
        live = self._live_turns.find(scope, turn_id)
        while live is not None and not live.ended.done():
            if self._live_turns.released:
                raise Interrupted("The server shuts down. Follow the turn again in a moment.")
            version = live.version
            if at.number < 1 and live.turn.state is not State.QUEUED:
                at = Cursor(1, 0)
                yield Numbered(1, 0, TurnStarted())
            events = live.after(at.number)
            if events is None:
                events = await self._store.events(scope, turn_id, at.number, PAGE)
            for event in events:
                at = Cursor(event.number, event.characters)
                yield event
            if not events:
                await _change(live, version, silence)
                if live.is_quiet_after(at.number):
                    yield None
        turn = (await live.ended).turn if live else await self._store.find(scope, turn_id)
        if not turn.state.ended:
            raise Interrupted("The turn is not at work any more. Follow it again in a moment.")
        async for event in self._rest(turn, at):
            yield event

    async def is_past_end(self, scope: Scope, turn_id: str, cursor: Cursor) -> bool:
        """Whether a follower has everything there will ever be. Raises `NotFound`."""
        if self._live_turns.find(scope, turn_id) is not None:
            return False
        ended = await self._store.answer(scope, turn_id)
        return ended.turn.state.ended and cursor.number >= closing_events(ended)[-1].number

    async def _rest(self, turn: Turn, at: Cursor) -> AsyncGenerator[Numbered, None]:
        """The rest of a turn that has ended."""
        if at.number < 1:
            at = Cursor(1, 0)
            yield Numbered(1, 0, TurnStarted())
        while events := await self._store.events(turn.scope, turn.id, at.number, PAGE):
            for event in events:
                at = Cursor(event.number, event.characters)
                yield event
        # Not read before it is needed: a slow follower would hold on to the whole text meanwhile.
        ended = await self._store.answer(turn.scope, turn.id)
        for event in missing_text(ended, at.characters):
            yield event
        for event in missing_calls(ended, at.number):
            yield event
        for event in closing_events(ended):
            if event.number > at.number:
                yield event


async def _change(live: LiveTurn, version: int, patience: float) -> None:
    """Wait for a turn to change, or patience to end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await live.changed(version)
