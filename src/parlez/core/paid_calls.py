"""The way to whatever costs money and is no turn: embedding, searching, speaking, listening."""

import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from parlez.core.admission import Admission
from parlez.core.budgets import Budgets
from parlez.core.errors import StorageError
from parlez.core.events import Usage
from parlez.core.identity import Caller, Scope
from parlez.core.paid_call import CallKind, PaidCall
from parlez.core.ports.clock import Clock
from parlez.core.ports.cost_meter import CostMeter
from parlez.core.ports.paid_call_store import PaidCallStore
from parlez.core.prices import Price

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Receipt:
    """What a call used, to be filled in by whoever makes it. As long as nobody does, it is what
    the call was taken to use at most."""

    call_id: str
    tokens: int
    units: int


class PaidCalls:
    """Keeps limits and budgets, and the ledger. Limits are counted as those of turns are, and
    together with them."""

    def __init__(
        self,
        admission: Admission,
        store: PaidCallStore,
        budgets: Budgets,
        meter: CostMeter,
        clock: Clock,
    ):
        self._admission = admission
        self._store = store
        self._budgets = budgets
        self._meter = meter
        self._clock = clock

    @asynccontextmanager
    async def call(
        self,
        caller: Caller,
        kind: CallKind,
        model: str,
        price: Price | None,
        tokens: int = 0,
        *,
        units: int = 0,
        unit_price: Decimal | int | None = 0,
        conversation_id: str = "",
    ) -> AsyncIterator[Receipt]:
        """Make a call within the context. `tokens` and `units` are the most that it may use. One
        that fails costs nothing and does not count. Raises `RateLimited`, `BudgetExceeded`, and
        `Forbidden` where a budget bounds what nobody knows the price of."""
        async with self._admission.counting(caller) as now:
            most = PaidCall(
                caller.scope,
                caller.key_id,
                kind,
                model,
                now,
                price,
                Usage(tokens, 0),
                units,
                unit_price,
                conversation_id=conversation_id,
            )
            charged = most if self._budgets.bound(caller) else None
            if charged:
                await self._store.charge(charged)
            receipt = Receipt(most.id, tokens, units)
            began = time.monotonic()
            try:
                yield receipt
            except BaseException:
                if charged:
                    await self._store.refund(charged)
                raise
            made = most.used(receipt.tokens, receipt.units, time.monotonic() - began)
            await self._settle(caller, made, charged)

    async def name(self, scope: Scope, call_ids: Sequence[str], conversation_id: str) -> None:
        """Enter which conversation calls were for that were made before it began."""
        try:
            await self._store.name(scope, call_ids, conversation_id)
        except StorageError as error:
            logger.warning("calls are in the ledger without their conversation: %s", error.message)

    async def _settle(self, caller: Caller, made: PaidCall, charged: PaidCall | None) -> None:
        if made.cost is None:
            self._meter.unpriced(made.model)
        elif made.cost:
            self._meter.spent(made.model, made.cost)
        subjects = tuple(meter.subject for meter in caller.meters)
        try:
            await self._store.settle(made, charged, subjects)
        except StorageError as error:
            # What was paid for is there. Refusing it would only have it paid for again.
            logger.warning("a call is not in the ledger: %s", error.message)
