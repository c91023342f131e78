"""Budgets: set aside before, settled after, and never gone beyond."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine import ME, MODEL, SOMEBODY_ELSE, OneModel, Rig
from tests.support.store import Stores

from parlez.core.budget import Budget, Period, Unit
from parlez.core.budgets import Budgets
from parlez.core.conversations import Profile
from parlez.core.errors import BudgetExceeded, Forbidden, ModelFailed, NotFound
from parlez.core.events import Usage
from parlez.core.identity import Caller, Right
from parlez.core.keys import ApiKey, KeyKind
from parlez.core.messages import Role, State
from parlez.core.models import Model
from parlez.core.ports.chat_model import Finished, Options, Prompt
from parlez.core.prices import Price
from parlez.core.reserve import Reserve
from parlez.core.turns import IdempotencyKey, Payer, Turn, TurnRequest
from parlez.testing.scripted_model import Pause, Script, ScriptedModel

REPORTED = Finished("stop", Usage(20, 10))
PRICED = replace(MODEL, price=Price(Decimal(1), Decimal(2)))
DAY = 86_400_000_000


class Catalog(OneModel):
    """A catalog of models, none of which answers; the first is the default."""

    def __init__(self, *models: Model):
        super().__init__(ScriptedModel([]))
        self._default, *_ = models
        self._models = {model.name: model for model in models}

    def resolve(self, name: str | None) -> Model:
        return self._models[name] if name else self._default


class Shop:
    """An engine whose every turn sets aside what it may cost."""

    def __init__(self, stores: Stores, *scripts: Script, model: Model = PRICED):
        self.stores = stores
        self.rig = Rig(stores, scripts or (lambda _: ["x", REPORTED]))
        self.model = model

    def reckon(self, _: Turn) -> Reserve:
        return Reserve.of(["Hi"], 100, [self.model])

    async def start(
        self, key: str | None = None, key_id: str | None = None, conversation_id: str | None = None
    ) -> Turn:
        payer = Payer(key_id, (), self.reckon)
        idempotency = IdempotencyKey("test", key, "Hi") if key else None
        request = TurnRequest("Hi", conversation_id=conversation_id)
        return (await self.rig.engine.start(ME, request, idempotency, payer)).turn

    async def say(self, **fields: str | None) -> Turn:
        turn = await self.start(**fields)
        return (await self.rig.engine.wait(ME, turn.id)).turn

    async def set(
        self, amount: int, unit: Unit = Unit.TOKENS, period: Period = Period.DAY
    ) -> Budget:
        return await self.stores.budgets.set(
            ME, None, unit, period, amount, self.stores.clock.now()
        )

    async def budget(self) -> Budget:
        (budget,) = await self.stores.budgets.list(ME, self.stores.clock.now())
        return budget


async def test_what_is_set_aside_is_given_back_and_what_was_used_is_spent(stores: Stores) -> None:
    shop = Shop(stores, [Pause(None)], ["x", REPORTED])
    await shop.set(1_000)
    turn = await shop.start()
    held = await shop.budget()
    assert held.spent == 0
    assert turn.reserved is not None
    assert held.reserved == turn.reserved.tokens > 100
    stopped = (await shop.rig.engine.stop(ME, turn.id)).turn.usage
    assert stopped is not None
    await shop.say()
    settled = await shop.budget()
    guessed = stopped.prompt_tokens + stopped.completion_tokens
    assert (settled.spent, settled.reserved) == (guessed + 30, 0)


async def started_of(shop: Shop, at_once: int) -> list[Turn]:
    """Those of so many turns at once that were not refused."""
    asked = (shop.start() for _ in range(at_once))
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(result, Turn | BudgetExceeded) for result in results)
    return [result for result in results if isinstance(result, Turn)]


@pytest.mark.parametrize("at_once", [1, 8])
async def test_no_turn_begins_that_might_go_beyond(stores: Stores, at_once: int) -> None:
    shop = Shop(stores)
    most = Reserve.of(["Hi"], 100, [PRICED]).most(0).tokens
    await shop.set(most + 3 * 30)
    passed = 0
    while started := await started_of(shop, at_once):
        for turn in started:
            await shop.rig.engine.wait(ME, turn.id)
        passed += len(started)
    assert passed == 4
    assert (await shop.budget()).spent == 4 * 30


async def test_a_refused_turn_leaves_nothing_behind(stores: Stores) -> None:
    shop = Shop(stores)
    await shop.set(10)
    with pytest.raises(BudgetExceeded) as refused:
        await shop.start(key="k")
    assert (await shop.budget()).reserved == 0
    resets_at = (await shop.budget()).resets_at
    assert refused.value.reset_at == resets_at
    assert refused.value.retry_after == (resets_at - stores.clock.now()) / 1_000_000
    await shop.set(1_000)
    assert (await shop.say(key="k")).state is State.COMPLETED
    assert (await shop.budget()).spent == 30


async def test_a_budget_begins_anew_with_its_period(stores: Stores) -> None:
    shop = Shop(stores)
    most = Reserve.of(["Hi"], 100, [PRICED]).most(0).tokens
    await shop.set(most)
    await shop.say()
    with pytest.raises(BudgetExceeded) as refused:
        await shop.say()
    stores.clock.time = refused.value.reset_at - 1
    with pytest.raises(BudgetExceeded):
        await shop.say()
    stores.clock.time += 1
    assert (await shop.budget()).spent == 0
    await shop.say()
    assert (await shop.budget()).spent == 30


async def test_every_end_gives_back(stores: Stores) -> None:
    shop = Shop(stores, ["x", Pause(None)], [ModelFailed("It broke.")])
    await shop.set(10_000)
    running = await shop.start()
    waiting = await shop.start(conversation_id=running.conversation_id)
    assert (await shop.budget()).reserved > 200
    await shop.rig.engine.stop(ME, waiting.id)
    await shop.rig.engine.stop(ME, running.id)
    assert (await shop.budget()).reserved == 0
    await shop.say()
    assert (await shop.budget()).reserved == 0
    lost = Payer(None, (), shop.reckon)
    await stores.turns.start(ME, TurnRequest("Hi"), "m", None, lost)
    assert (await shop.budget()).reserved > 0
    await stores.turns.interrupt_open("the server was restarted")
    assert (await shop.budget()).reserved == 0


async def test_what_a_conversation_holds_is_set_aside_too(stores: Stores) -> None:
    shop = Shop(stores, ["x", Finished("stop", Usage(700, 50))], ["y", REPORTED])
    first = await shop.say()
    second = await shop.say(conversation_id=first.conversation_id)
    assert first.reserved is not None
    assert second.reserved is not None
    assert second.reserved.tokens == first.reserved.tokens + 750


async def test_cost_is_kept_like_tokens(stores: Stores) -> None:
    shop = Shop(stores, [Pause(None)])
    await shop.set(10_000, Unit.COST)
    turn = await shop.start()
    asked = Reserve.of(["Hi"], 100, [PRICED]).most(0)
    assert turn.reserved == asked
    assert asked.cost == (asked.tokens - 100) + 2 * 100
    assert (await shop.budget()).reserved == asked.cost
    await shop.rig.engine.stop(ME, turn.id)


async def test_a_cost_that_nobody_knows_is_not_spent(stores: Stores) -> None:
    shop = Shop(stores, model=replace(MODEL, price=None))
    await shop.set(10_000, Unit.COST)
    with pytest.raises(Forbidden):
        await shop.start()


async def test_the_dearest_of_those_that_may_answer_is_set_aside() -> None:
    dear = replace(MODEL, price=Price(Decimal(10), Decimal(20)))
    reserve = Reserve.of(["Hi"], 100, [PRICED, dear])
    assert reserve.most(0).cost == Reserve.of(["Hi"], 100, [dear]).most(0).cost
    assert Reserve.of(["Hi"], 100, [PRICED, replace(MODEL, price=None)]).most(0).cost is None


async def test_a_key_has_a_budget_of_its_own(stores: Stores) -> None:
    now = stores.clock.now()
    rights = frozenset({Right.DATA})
    key = ApiKey("k1", ME.account_id, "k1", KeyKind.PARLEZ, rights, now, None, None, None)
    await stores.move_in(ME)
    await stores.keys.create(ME, key, "hash")
    shop = Shop(stores)
    await stores.budgets.set(ME, "k1", Unit.TOKENS, Period.DAY, 10, now)
    with pytest.raises(BudgetExceeded):
        await shop.start(key_id="k1")
    assert (await shop.say(key_id="another")).state is State.COMPLETED
    assert (await shop.say()).state is State.COMPLETED
    with pytest.raises(NotFound):
        await stores.budgets.set(SOMEBODY_ELSE, "k1", Unit.TOKENS, Period.DAY, 10, now)


async def test_what_was_spent_before_counts_and_setting_it_again_changes_the_amount(
    stores: Stores,
) -> None:
    shop = Shop(stores)
    await shop.say()
    stores.clock.time += DAY
    await shop.say()
    first = await shop.set(1_000)
    assert first.spent == 30
    assert (await shop.set(500)) == replace(first, amount=500)
    month = await shop.set(500, period=Period.MONTH)
    assert month.spent == 60
    await stores.budgets.remove(ME, month.id)
    with pytest.raises(NotFound):
        await stores.budgets.remove(ME, month.id)
    with pytest.raises(NotFound):
        await stores.budgets.remove(SOMEBODY_ELSE, first.id)


@given(st.integers(0, 2**52))
def test_periods_follow_the_calendar(now: int) -> None:
    for period in Period:
        start, end = period.start(now), period.end(now)
        assert start <= now < end
        assert period.start(end) == end
        assert period.start(end - 1) == start
    assert Period.DAY.end(now) - Period.DAY.start(now) == DAY
    assert datetime.fromtimestamp(Period.MONTH.start(now) / 1_000_000, UTC).day == 1


async def test_what_is_set_aside_is_for_the_turn_as_the_conversation_makes_it(
    stores: Stores,
) -> None:
    price = Price(Decimal(10), Decimal(10))
    dear = replace(PRICED, name="dear", context_tokens=100_000, price=price)
    budgets = Budgets(stores.budgets, Catalog(PRICED, dear), stores.clock)
    await budgets.set(ME, None, Unit.COST, Period.DAY, 10**9)
    profile = Profile(model="dear", system_prompt="s" * 35_000)
    made = await stores.conversations.create(ME, None, profile, None)
    said = Prompt(Role.USER, "y" * 70_000)
    await stores.conversations.add(ME, made.id, None, said, None)
    reserved = []
    for _ in range(2):
        request = TurnRequest("z" * 3_500, made.id, options=Options(max_tokens=100))
        payer = Payer(reserve=budgets.reserve(Caller(ME, frozenset()), request))
        started = await stores.turns.start(ME, request, "scripted", None, payer)
        assert started.turn.reserved is not None
        reserved.append(started.turn.reserved)
    first, waiting = reserved
    assert 31_100 < first.tokens < 31_200
    assert first.cost is not None
    assert first.cost > first.tokens * 9
    assert 42_200 < waiting.tokens < 42_400, "it follows all that waits before it"
