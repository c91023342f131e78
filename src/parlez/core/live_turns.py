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
        self.released = False
        """Set once followers are to go and come back to another process."""

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[LiveTurn]:
        return iter(list(self._turns.values()))

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._turns

    def take_up(self, turn: Turn) -> LiveTurn:
        """The live turn of a stored one, which is made if this process does not have it yet."""
        if turn.id not in self._turns:
            self._turns[turn.id] = LiveTurn(turn)
        return self._turns[turn.id]

    def find(self, scope: Scope, turn_id: str) -> LiveTurn | None:
        live = self._turns.get(turn_id)
        return live if live is not None and scope.covers(live.turn.scope) else None

    def drop(self, turn_id: str) -> None:
        self._turns.pop(turn_id, None)

    def tasks(self) -> set[asyncio.Task[None]]:
        return {live.task for live in self._turns.values() if live.task}

    def release(self) -> None:
        """Send all followers away."""
        self.released = True
        for live in self:
            live.wake()
