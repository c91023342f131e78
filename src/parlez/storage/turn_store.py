"""Turns, behind `core.ports.turn_store`."""

from collections.abc import Sequence

from parlez.core.events import Numbered
from parlez.core.identity import Scope
from parlez.core.ports.clock import Clock
from parlez.core.ports.turn_store import Branch, Started
from parlez.core.prices import PriceList
from parlez.core.turns import EndedTurn, Ending, IdempotencyKey, Payer, Turn, TurnRequest
from parlez.storage import events, messages, turns, upkeep
from parlez.storage.cutting_short import cut_short
from parlez.storage.database import Database
from parlez.storage.turn_start import TurnStart, start


class SqlTurnStore:
    """`prices` are for turns whose process is gone, and which are ended here."""

    def __init__(self, database: Database, clock: Clock, prices: PriceList):
        self._database = database
        self._clock = clock
        self._prices = prices

    async def start(
        self,
        scope: Scope,
        request: TurnRequest,
        model: str,
        key: IdempotencyKey | None,
        payer: Payer,
    ) -> Started:
        new = TurnStart(scope, request, model, self._clock.now(), payer)
        return await self._database.write(lambda c: start(c, new, key), repeatable=True)

    async def append(self, turn: Turn, numbered: Sequence[Numbered]) -> None:
        await self._database.write(lambda c: events.append(c, turn, numbered), repeatable=True)

    async def end(self, turn: Turn, ending: Ending) -> Turn | None:
        now = self._clock.now()
        return await self._database.write(
            lambda c: turns.end(c, turn, ending, now), repeatable=True
        )

    async def stop_queued(self, scope: Scope, turn_id: str) -> bool:
        now = self._clock.now()
        return await self._database.write(lambda c: turns.stop_queued(c, scope, turn_id, now))

    async def find(self, scope: Scope, turn_id: str) -> Turn:
        return await self._database.read(lambda c: turns.find(c, scope, turn_id))

    async def answer(self, scope: Scope, turn_id: str) -> EndedTurn:
        return await self._database.read(lambda c: turns.answer(c, scope, turn_id))

    async def cut_short(self, scope: Scope, turn_id: str, said: str) -> EndedTurn:
        return await self._database.write(lambda c: cut_short(c, scope, turn_id, said))

    async def events(
        self, scope: Scope, turn_id: str, after: int, limit: int
    ) -> Sequence[Numbered]:
        return await self._database.read(lambda c: events.after(c, scope, turn_id, after, limit))

    async def path(self, scope: Scope, message_id: str, characters: int) -> Branch:
        return await self._database.read(
            lambda c: messages.branch(c, scope, message_id, characters)
        )

    async def open_turns(self) -> list[Turn]:
        return await self._database.read(upkeep.open_turns)

    async def interrupt(self, turn: Turn, reason: str) -> Turn | None:
        now = self._clock.now()
        return await self._database.write(
            lambda c: upkeep.interrupt(c, turn, reason, self._prices, now)
        )

    async def interrupt_open(self, reason: str) -> int:
        now = self._clock.now()
        return await self._database.write(
            lambda c: upkeep.interrupt_open(c, reason, self._prices, now)
        )

    async def probe(self) -> str:
        await self._database.read(upkeep.open_turns)
        await self._database.write(upkeep.touch)
        return "ok"

    async def prune(self, ended_before: int, keys_before: int, calls_before: int) -> None:
        await self._database.write(
            lambda c: upkeep.prune(c, ended_before, keys_before, calls_before)
        )
