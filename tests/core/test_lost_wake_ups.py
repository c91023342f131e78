"""Whoever waits for a turn hears of its end, in whatever order the engine hears of what was
stored, and whatever breaks on the way."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.engine import ME, OneModel, Rig
from tests.support.store import Stores

from parlez.core.admission import Admission
from parlez.core.budgets import Budgets
from parlez.core.conversations import Profile
from parlez.core.cursor import START
from parlez.core.errors import Interrupted
from parlez.core.events import LoggedEvent, TextDelta
from parlez.core.identity import Caller
from parlez.core.limits import CallLimit, Meter
from parlez.core.ports.chat_model import ChatRequest, Finished
from parlez.core.ports.turn_store import Started
from parlez.core.turns import EndedTurn, Ending, Turn, TurnRequest
from parlez.testing.scripted_model import Pause

PATIENCE = 20
"""Seconds until something counts as lost."""


class LateStore:
    """Stores what starts, and does not say so before it is told to."""

    def __init__(self, stores: Stores):
        self._turns = stores.turns
        self.stored = asyncio.Event()
        self.tells = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._turns, name)

    async def start(self, *arguments: Any) -> Started:
        started = await self._turns.start(*arguments)
        self.stored.set()
        await self.tells.wait()
        return started


def hold(rig: Rig) -> LateStore:
    """What the engine stores from now on it hears of late."""
    rig.engine._store = store = LateStore(rig.stores)
    return store


async def ending(rig: Rig, turn: Turn) -> EndedTurn:
    async with asyncio.timeout(PATIENCE):
        return await rig.engine.wait(ME, turn.id)


async def until_ended(rig: Rig, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(rig.ended.turns) < number:
            await asyncio.sleep(0.01)


def task_of(turn: Turn) -> "asyncio.Task[Any]":
    [task] = [each for each in asyncio.all_tasks() if each.get_name() == f"turn {turn.id}"]
    return task


async def test_a_turn_that_ended_before_its_start_was_heard_of(stores: Stores) -> None:
    rig = Rig(stores, [[Pause()], "second", "third"])
    first = (await rig.start("1")).turn
    store = hold(rig)
    starting = asyncio.create_task(rig.start("2", conversation_id=first.conversation_id))
    await store.stored.wait()
    await rig.engine.stop(ME, first.id)
    await until_ended(rig, 2)
    store.tells.set()
    second = (await starting).turn
    assert (await ending(rig, second)).text == "second"
    assert rig.engine.open_turns == 0
    third = await rig.start("3", conversation_id=first.conversation_id)
    assert (await ending(rig, third.turn)).text == "third"
    assert await rig.said(first) == ["1", "2", "second", "3", "third"]


async def test_a_turn_that_was_promoted_before_its_start_was_heard_of(stores: Stores) -> None:
    rig = Rig(stores, [[Pause()], ["second", Pause()]])
    first = (await rig.start("1")).turn
    store = hold(rig)
    request = rig.start("2", conversation_id=first.conversation_id, stream=True)
    starting = asyncio.create_task(request)
    await store.stored.wait()
    await rig.engine.stop(ME, first.id)
    async with asyncio.timeout(PATIENCE):
        while len(rig.model.requests) < 2:
            await asyncio.sleep(0.01)
    store.tells.set()
    second = (await starting).turn
    assert rig.engine.open_turns == 1
    async with asyncio.timeout(PATIENCE):
        assert (await rig.engine.stop(ME, second.id)).text == "second"


async def test_a_caller_that_leaves_while_its_turn_is_stored(stores: Stores) -> None:
    rig = Rig(stores, ["first", "second"])
    made = await stores.conversations.create(ME, None, Profile(), None)
    store = hold(rig)
    budgets = Budgets(stores.budgets, OneModel(rig.model), stores.clock)
    admission = Admission(rig.engine, stores.calls, budgets, stores.clock)
    caller = Caller(ME, frozenset(), meters=(Meter("me", (CallLimit(2, 60),)),))
    request = TurnRequest("1", conversation_id=made.id)
    starting = asyncio.create_task(admission.start(caller, request, None))
    await store.stored.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    store.tells.set()
    second = (await admission.start(caller, replace(request, text="2"), None)).turn
    assert (await ending(rig, second)).text == "second"
    assert await rig.said(second) == ["1", "first", "2", "second"]
    assert admission.allowances(caller)[0].left == 0, "both are counted"


async def test_closing_waits_for_what_is_being_started(stores: Stores) -> None:
    rig = Rig(stores, ["first"])
    store = hold(rig)
    starting = asyncio.create_task(rig.start("1"))
    await store.stored.wait()
    closing = asyncio.create_task(rig.engine.close(PATIENCE))
    await asyncio.sleep(0)
    with pytest.raises(Interrupted):
        await rig.start("2")
    store.tells.set()
    async with asyncio.timeout(PATIENCE):
        await closing
    assert (await rig.engine.find(ME, (await starting).turn.id)).text == "first"


class AskingSomebodyElse:
    """A model that waits for what somebody else gives up."""

    async def stream(self, _: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        yield TextDelta("Said")
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.cancel()
        await waiting


async def test_a_model_whose_own_waiting_is_cancelled_has_failed(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(stores, ["next"])
    with monkeypatch.context() as patch:
        patch.setattr(rig.model, "stream", AskingSomebodyElse().stream)
        first = (await rig.start("1", stream=True)).turn
        ended = await ending(rig, first)
    assert (ended.turn.state, ended.text) == ("failed", "Said")
    assert ended.turn.error
    assert ended.turn.error.code == "internal_error"
    following = await rig.start("2", conversation_id=first.conversation_id)
    assert (await ending(rig, following.turn)).text == "next"


async def test_an_end_that_cannot_be_put_together(stores: Stores) -> None:
    rig = Rig(stores, [["first", Pause()], "next"])
    first = (await rig.start("1", stream=True)).turn
    prices = rig.engine._prices
    rig.engine._prices = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        async with asyncio.timeout(PATIENCE):
            await rig.engine.stop(ME, first.id)
    rig.engine._prices = prices
    waiting = (await rig.start("2", conversation_id=first.conversation_id)).turn
    assert [await rig.engine.sweep() for _ in range(2)] == [0, 1]
    assert (await ending(rig, waiting)).text == "next"
    assert (await ending(rig, first)).turn.state == "interrupted"


@pytest.mark.parametrize("closes", [True, False])
async def test_a_turn_whose_task_is_gone(stores: Stores, closes: bool) -> None:
    rig = Rig(stores, [["Said", Pause()], "next"])
    first = (await rig.start("1", stream=True)).turn
    followed = rig.engine.follow(ME, first.id, START, 3600)
    while (numbered := await anext(followed)) is None or numbered.number < 2:
        pass
    task = task_of(first)
    task.cancel()
    await asyncio.wait([task])
    if closes:
        async with asyncio.timeout(PATIENCE):
            await rig.engine.close(0)
        await followed.aclose()
        return
    waiting = (await rig.start("2", conversation_id=first.conversation_id)).turn
    told = asyncio.create_task(ending(rig, first))
    assert [await rig.engine.sweep() for _ in range(3)] == [0, 1, 0]
    ended = await told
    assert (ended.turn.state, ended.text) == ("interrupted", "Said")
    assert (await ending(rig, waiting)).text == "next"
    assert [each.number async for each in followed if each] == [3, 4]


class BusyStore:
    """Does not say that it has ended the turn `unheard`; and while it interrupts another, the
    engine hears of it."""

    def __init__(self, rig: Rig, unheard: Turn):
        self._rig = rig
        self._unheard = unheard
        self.promoted: Turn | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rig.stores.turns, name)

    async def end(self, turn: Turn, ending: Ending) -> Turn | None:
        promoted = await self._rig.stores.turns.end(turn, ending)
        if turn.id != self._unheard.id:
            return promoted
        self.promoted = promoted
        return None

    async def interrupt(self, turn: Turn, reason: str) -> Turn | None:
        self._rig.engine._promote(self.promoted)
        return await self._rig.stores.turns.interrupt(turn, reason)


async def test_what_is_heard_of_while_others_are_set_right_goes_on(stores: Stores) -> None:
    rig = Rig(stores, [[Pause()], [Pause()], ["Said", Pause()]])
    lost = (await rig.start("1")).turn
    first = (await rig.start("2")).turn
    second = (await rig.start("3", conversation_id=first.conversation_id, stream=True)).turn
    rig.engine._store = BusyStore(rig, first)
    await rig.engine.stop(ME, first.id)
    task = task_of(lost)
    task.cancel()
    await asyncio.wait([task])
    assert [await rig.engine.sweep() for _ in range(2)] == [0, 2]
    assert (await rig.engine.find(ME, second.id)).turn.state == "running"
    followed = rig.engine.follow(ME, second.id, START, 3600)
    while (numbered := await anext(followed)) is None or numbered.number < 2:
        pass
    await followed.aclose()
    assert (await rig.engine.stop(ME, second.id)).turn.state == "stopped"
