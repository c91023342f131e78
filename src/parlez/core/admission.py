"""Who may start a turn now."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from parlez.core.budgets import Budgets
from parlez.core.errors import RateLimited
from parlez.core.identity import Caller, Scope
from parlez.core.limits import Allowance, Meter
from parlez.core.ports.call_store import CallStore
from parlez.core.ports.clock import Clock
from parlez.core.ports.turn_store import Started
from parlez.core.sliding_log import MICROSECONDS, SlidingLog
from parlez.core.turn_engine import TurnEngine
from parlez.core.turns import IdempotencyKey, Payer, TurnRequest

MOST_LOGS = 10_000
"""Meters whose calls are kept at hand; forgotten ones are read again."""


class Admission:
    """The way to the turn engine for callers: it keeps their limits.

    One process decides, so that counting is exact without a lock: a call is counted before
    anything is awaited, and uncounted if it starts no turn.
    """

    def __init__(self, engine: TurnEngine, store: CallStore, budgets: Budgets, clock: Clock):
        self._engine = engine
        self._budgets = budgets
        self._store = store
        self._clock = clock
        self._logs: dict[Meter, asyncio.Task[SlidingLog]] = {}

    async def start(
        self, caller: Caller, request: TurnRequest, key: IdempotencyKey | None
    ) -> Started:
        """Start a turn, or join the one that the key names, which costs nothing. Raises
        `RateLimited`, and whatever `TurnEngine.start` does."""
        reserve = self._budgets.reserve(caller, request)
        subjects = tuple(meter.subject for meter in caller.meters)
        payer = Payer(caller.key_id, subjects, reserve, caller.session_id)
        logs = [await self._log(caller.scope, meter) for meter in caller.meters]
        now = self._clock.now()
        _admit(logs, now)
        try:
            started = await self._engine.start(caller.scope, request, key, payer)
        except Exception:
            # Not where the caller goes away: its turn is started all the same.
            _take_back(logs, now)
            raise
        if not started.created:
            _take_back(logs, now)
        return started

    @asynccontextmanager
    async def counting(self, caller: Caller) -> AsyncIterator[int]:
        """Count a call that is no turn, and uncount it if the context fails. Gives the time of the
        call, and whoever makes it stores that with the meters. Raises `RateLimited`."""
        logs = [await self._log(caller.scope, meter) for meter in caller.meters]
        now = self._clock.now()
        _admit(logs, now)
        try:
            yield now
        except BaseException:
            _take_back(logs, now)
            raise

    def allowances(self, caller: Caller) -> tuple[Allowance, ...]:
        """How the limits of a caller stand who has just started a turn; nothing for one without."""
        now = self._clock.now()
        readings = [self._logs.get(meter) for meter in caller.meters]
        logs = [reading.result() for reading in readings if reading and reading.done()]
        return tuple(allowance for log in logs for allowance in log.allowances(now))

    async def _log(self, scope: Scope, meter: Meter) -> SlidingLog:
        """The calls of a meter. Whoever asks first reads them, and all others wait for that."""
        if meter not in self._logs:
            if len(self._logs) >= MOST_LOGS:
                del self._logs[next(iter(self._logs))]
            self._logs[meter] = asyncio.create_task(self._read(scope, meter))
        reading = self._logs[meter]
        try:
            return await asyncio.shield(reading)
        except Exception:
            if self._logs.get(meter) is reading:
                del self._logs[meter]
            raise

    async def _read(self, scope: Scope, meter: Meter) -> SlidingLog:
        since = self._clock.now() - meter.longest_seconds * MICROSECONDS
        return SlidingLog(meter, await self._store.since(scope, meter.subject, since))


def _admit(logs: Sequence[SlidingLog], now: int) -> None:
    """Count a call with all or none. Raises the `RateLimited` that lasts longest."""
    admitted, refusals = [], []
    for log in logs:
        try:
            log.admit(now)
            admitted.append(log)
        except RateLimited as refusal:
            refusals.append(refusal)
    if refusals:
        _take_back(admitted, now)
        raise max(refusals, key=lambda refusal: refusal.reset_at)


def _take_back(logs: Sequence[SlidingLog], now: int) -> None:
    for log in logs:
        log.take_back(now)
