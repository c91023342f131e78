"""What turns used is written down once, whatever became of them."""

import asyncio

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE, Rig
from tests.support.store import Stores

from parlez.core.errors import ModelFailed
from parlez.core.events import Usage
from parlez.core.identity import Scope
from parlez.core.ledger import Grouping, UsageSum
from parlez.core.ports.chat_model import Finished
from parlez.core.tokens import estimate_tokens
from parlez.core.turns import Payer, TurnRequest
from parlez.testing.scripted_model import Pause, Script

ALWAYS = 2**53
DAY = 86_400_000_000
REPORTED = Finished("stop", Usage(10, 5))


async def sums(
    stores: Stores, by: Grouping = Grouping.MODEL, scope: Scope = ME, since: int = 0
) -> list[UsageSum]:
    return list(await stores.ledger.sums(scope, since, ALWAYS, by, 100))


async def one(stores: Stores) -> UsageSum:
    (found,) = await sums(stores)
    return found


async def test_a_completed_turn_is_entered_as_its_vendor_counted_it(stores: Stores) -> None:
    await Rig(stores, [["Hello ", "there", REPORTED]]).say(stream=True)
    found = await one(stores)
    assert (found.group, found.turns) == ("scripted", 1)
    assert (found.prompt_tokens, found.completion_tokens, found.estimated) == (10, 5, 0)
    assert (found.cost, found.unpriced) == (0, 1)


@pytest.mark.parametrize("stream", [True, False])
async def test_what_no_vendor_counted_is_guessed_and_marked(stores: Stores, stream: bool) -> None:
    await Rig(stores, [["Hello ", "there", Finished("stop", None)]]).say(stream=stream)
    found = await one(stores)
    assert found.estimated == 1
    assert found.completion_tokens == estimate_tokens("Hello there")
    assert found.prompt_tokens >= estimate_tokens("Hi")


@pytest.mark.parametrize(
    ("script", "said"),
    [(["Half of it", ModelFailed("It broke.")], "Half of it"), ([ModelFailed("It broke.")], "")],
)
async def test_a_failed_turn_costs_what_it_said(stores: Stores, script: Script, said: str) -> None:
    await Rig(stores, [script]).say(stream=True)
    found = await one(stores)
    assert found.estimated == 1
    assert found.completion_tokens == (estimate_tokens(said) if said else 0)
    assert bool(found.prompt_tokens) == bool(said)


async def test_a_stopped_turn_costs_what_it_said(stores: Stores) -> None:
    rig = Rig(stores, [["Half of it", Pause(None)]])
    turn = (await rig.start(stream=True)).turn
    while not rig.model.requests:
        await asyncio.sleep(0.001)
    stopped = await rig.engine.stop(ME, turn.id)
    found = await one(stores)
    assert found.estimated == 1
    assert found.completion_tokens >= estimate_tokens(stopped.text) if stopped.text else True


async def test_a_turn_that_was_stopped_in_the_queue_costs_nothing(stores: Stores) -> None:
    rig = Rig(stores, [["one", Pause(None)]])
    first = (await rig.start("1")).turn
    waiting = (await rig.start("2", conversation_id=first.conversation_id)).turn
    await rig.engine.stop(ME, waiting.id)
    assert await sums(stores) == []
    await rig.engine.stop(ME, first.id)
    assert (await one(stores)).turns == 1


async def test_what_a_crash_cut_off_is_entered_by_the_next_start(stores: Stores) -> None:
    started = await stores.turns.start(ME, TurnRequest("Hi", stream=True), "m", None, Payer())
    assert await stores.turns.interrupt_open("the server was restarted") == 1
    found = await one(stores)
    assert (found.group, found.turns, found.estimated) == (started.turn.model, 1, 1)
    assert found.prompt_tokens == estimate_tokens("Hi")
    await stores.turns.interrupt_open("again")
    assert (await one(stores)).turns == 1


async def test_every_attempt_counts_and_a_replay_does_not(stores: Stores) -> None:
    rig = Rig(stores, [["Half", ModelFailed("It broke.")], ["whole", REPORTED]])
    for _ in range(3):
        await rig.say(key="k", stream=True)
    found = await one(stores)
    assert (found.turns, found.estimated) == (2, 1)


async def test_entries_are_added_up_by_what_is_asked_for(stores: Stores) -> None:
    rig = Rig(stores, lambda _: ["x", REPORTED])
    first = (await rig.say()).turn
    await rig.say(conversation_id=first.conversation_id)
    stores.clock.time += DAY
    payer = Payer("key")
    started = await rig.engine.start(ME, TurnRequest("Hi"), None, payer)
    await rig.engine.wait(ME, started.turn.id)
    other = started.turn.conversation_id
    by = {
        grouping: {found.group: found.turns for found in await sums(stores, grouping)}
        for grouping in Grouping
    }
    today = stores.clock.time - stores.clock.time % DAY
    assert by == {
        Grouping.MODEL: {"scripted": 3},
        Grouping.KEY: {None: 2, "key": 1},
        Grouping.CONVERSATION: {first.conversation_id: 2, other: 1},
        Grouping.DAY: {today: 1, today - DAY: 2},
        Grouping.KIND: {"turn": 3},
    }
    assert [found.group for found in await sums(stores, Grouping.DAY)] == [today, today - DAY]
    assert [found.turns for found in await sums(stores, since=today)] == [1]
    assert await sums(stores, scope=SOMEBODY_ELSE) == []


async def test_an_entry_outlives_its_conversation(stores: Stores) -> None:
    turn = (await Rig(stores, [["x", REPORTED]]).say()).turn
    await stores.conversations.delete(ME, turn.conversation_id)
    assert (await one(stores)).prompt_tokens == 10
