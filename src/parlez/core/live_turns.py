"""The turns that wait or run in this process."""

import asyncio
from collections.abc import Iterator

from parlez.core.identity import Scope
from parlez.core.live_turn import LiveTurn
from parlez.core.turns import Turn


class LiveTurns:
    """Found by id, and only by those in whose scope they are."""

    def __init__(self) -> None:
        self._turns: dict[str, LiveTurn] = {}
        self._early: set[str] = set()
        self.released = False
        """Set once followers are to go and come back to another process."""

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[LiveTurn]:
        return iter(list(self._turns.values()))

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._turns

    def take_up_started(self, turn: Turn) -> LiveTurn | None:
        """The live turn of one that was stored. None if it has ended already: whoever ended the one
        before it may hear of that sooner than whoever started it hears that it is stored."""
        if turn.id in self._early:
            self._early.remove(turn.id)
            return self._turns.get(turn.id)
        return self._take_up(turn)

    def take_up_promoted(self, turn: Turn) -> LiveTurn:
        """The live turn of one that has left its queue."""
        if turn.id not in self._turns:
            self._early.add(turn.id)
        return self._take_up(turn)

    def forget_early(self) -> None:
        """To be called while no turn is being started: nobody will ask about the turns that were
        promoted before they were known to be stored."""
        self._early.clear()

    def find(self, scope: Scope, turn_id: str) -> LiveTurn | None:
        live = self._turns.get(turn_id)
        return live if live is not None and scope.covers(live.turn.scope) else None

    def drop(self, turn_id: str) -> None:
        self._turns.pop(turn_id, None)

    def tasks(self) -> set[asyncio.Task[None]]:
        """Those that are at work."""
        return {live.task for live in self._turns.values() if live.task and live.at_work}

    def _take_up(self, turn: Turn) -> LiveTurn:
        if turn.id not in self._turns:
            self._turns[turn.id] = LiveTurn(turn)
        return self._turns[turn.id]

    def release(self) -> None:
        """Send all followers away."""
        self.released = True
        for live in self:
            live.wake()
