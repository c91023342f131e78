"""Calls that cost money and are no turns: limited, bounded and written down like turns."""

from decimal import Decimal

import pytest
from tests.core.test_budgets import DAY, Catalog
from tests.support.engine import ME, MODEL, Rig
from tests.support.store import Stores

from parlez.core.admission import Admission
from parlez.core.budget import Budget, Period, Unit
from parlez.core.budgets import Budgets
from parlez.core.errors import BudgetExceeded, Forbidden, ModelFailed, RateLimited
from parlez.core.identity import Caller, Right, Scope
from parlez.core.ledger import Grouping, UsageSum
from parlez.core.limits import CallLimit, Meter
from parlez.core.paid_call import CallKind
from parlez.core.paid_calls import PaidCalls
from parlez.core.prices import Price
from parlez.core.turns import TurnRequest
from parlez.http.metrics import Metrics

PRICE = Price(Decimal(2), Decimal(0))
CALLER = Caller(ME, frozenset(Right), meters=(Meter("me", (CallLimit(2, 60),)),))


class Till:
    def __init__(self, stores: Stores):
        self.stores = stores
        self.budgets = Budgets(stores.budgets, Catalog(MODEL), stores.clock)
        self.rig = Rig(stores, lambda _: ["x"])
        self.open()

    def open(self) -> None:
        """As after a restart."""
        self.admission = Admission(
            self.rig.engine, self.stores.calls, self.budgets, self.stores.clock
        )
        self.calls = PaidCalls(
            self.admission, self.stores.paid_calls, self.budgets, Metrics(), self.stores.clock
        )

    async def embed(self, most: int, used: int, price: Price | None = PRICE) -> None:
        kind = CallKind.EMBEDDING
        async with self.calls.call(CALLER, kind, "m", price, most, units=1) as receipt:
            receipt.tokens = used

    async def fail(self) -> None:
        with pytest.raises(ModelFailed):
            async with self.calls.call(CALLER, CallKind.EMBEDDING, "m", PRICE, 9):
                raise ModelFailed("It broke.")

    async def sums(self) -> list[UsageSum]:
        return list(await self.stores.ledger.sums(ME, 0, 2**53, Grouping.KIND, 100))

    async def budget(self, amount: int, unit: Unit = Unit.TOKENS) -> None:
        await self.budgets.set(ME, None, unit, Period.DAY, amount)

    async def standing(self) -> Budget:
        (found,) = await self.budgets.list(ME)
        return found


@pytest.fixture
def till(stores: Stores) -> Till:
    return Till(stores)


async def test_a_call_is_entered_as_what_it_used(till: Till) -> None:
    await till.embed(100, 7)
    (found,) = await till.sums()
    assert (found.group, found.calls, found.turns, found.units) == ("embedding", 1, 0, 1)
    assert (found.prompt_tokens, found.cost, found.estimated, found.unpriced) == (7, 14, 0, 0)


async def test_units_have_a_price_too(till: Till) -> None:
    speech = CallKind.SPEECH
    async with till.calls.call(CALLER, speech, "v", None, units=50, unit_price=15) as receipt:
        receipt.units = 40
    async with till.calls.call(CALLER, speech, "v", None, units=50, unit_price=None):
        pass
    (found,) = await till.sums()
    assert (found.units, found.cost, found.unpriced, found.prompt_tokens) == (90, 600, 1, 0)


async def test_calls_and_turns_share_their_limit_also_after_a_restart(till: Till) -> None:
    await till.admission.start(CALLER, TurnRequest("Hi"), None)
    till.stores.clock.time += 1
    await till.embed(1, 1)
    for _ in range(2):
        with pytest.raises(RateLimited):
            await till.embed(1, 1)
        with pytest.raises(RateLimited):
            await till.admission.start(CALLER, TurnRequest("Hi"), None)
        till.open()


async def test_a_call_that_fails_costs_nothing_and_does_not_count(till: Till) -> None:
    await till.budget(100)
    for _ in range(3):
        await till.fail()
    assert (await till.standing()).spent == 0
    assert await till.sums() == []
    await till.embed(9, 9)


async def test_no_call_goes_beyond_a_budget(till: Till) -> None:
    await till.budget(100)
    await till.embed(60, 10)
    assert (await till.standing()).spent == 10
    with pytest.raises(BudgetExceeded):
        await till.embed(91, 1)
    assert [each.prompt_tokens for each in await till.sums()] == [10]
    await till.embed(90, 90)
    assert (await till.standing()).spent == 100


async def test_a_call_that_a_crash_cut_short_stays_charged(till: Till) -> None:
    await till.budget(100)
    context = till.calls.call(CALLER, CallKind.EMBEDDING, "m", PRICE, 60)
    await context.__aenter__()
    assert (await till.standing()).spent == 60
    (found,) = await till.sums()
    assert (found.prompt_tokens, found.estimated) == (60, 1)


async def test_nobody_bounds_what_has_no_known_price(till: Till) -> None:
    await till.budget(100, Unit.COST)
    with pytest.raises(Forbidden):
        await till.embed(1, 1, None)
    assert await till.sums() == []


async def test_a_call_over_midnight_leaves_the_new_day_alone(till: Till) -> None:
    await till.budget(100)
    async with till.calls.call(CALLER, CallKind.EMBEDDING, "m", PRICE, 60) as receipt:
        till.stores.clock.time += DAY
        receipt.tokens = 10
        await till.embed(5, 5)
    assert (await till.standing()).spent == 5


async def test_a_call_may_be_made_before_its_conversation(till: Till) -> None:
    async with till.calls.call(CALLER, CallKind.TRANSCRIPTION, "t", None, units=5) as receipt:
        pass
    await till.calls.name(ME, [receipt.call_id, "unknown"], "mine")
    await till.calls.name(Scope("somebody else"), [receipt.call_id], "theirs")
    (found,) = await till.stores.ledger.sums(ME, 0, 2**53, Grouping.CONVERSATION, 100)
    assert (found.group, found.calls, found.units) == ("mine", 1, 5)
