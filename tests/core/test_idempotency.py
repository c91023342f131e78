"""What an idempotency key promises."""

import asyncio

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE, Rig, text_of
from tests.support.store import Stores

from parlez.core.errors import IdempotencyMismatch, ModelFailed, NotFound
from parlez.core.messages import State
from parlez.core.turns import IdempotencyKey, TurnRequest
from parlez.testing.scripted_model import Pause, Script

BROKEN = ModelFailed("It broke.")
BROKEN_SCRIPT: Script = ["Broken", BROKEN]


async def test_a_running_turn_is_joined(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(0.05), "once"]])
    first, second = await asyncio.gather(rig.start(key="k"), rig.start(key="k"))
    assert sorted([first.created, second.created]) == [False, True]
    assert first.turn.id == second.turn.id
    assert (await rig.engine.wait(ME, second.turn.id)).text == "once"
    assert await rig.said(first.turn) == ["Hi", "once"]


async def test_a_waiting_turn_is_joined(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(0.05), "one"], "two"])
    first = (await rig.start("1")).turn
    fields = {"conversation_id": first.conversation_id}
    waiting = await rig.start("2", key="k", **fields)
    again = await rig.start("2", key="k", **fields)
    assert again.turn.id == waiting.turn.id
    assert (await rig.engine.wait(ME, again.turn.id)).text == "two"
    assert await rig.said(first) == ["1", "one", "2", "two"]


async def test_a_completed_turn_is_replayed(stores: Stores) -> None:
    rig = Rig(stores, ["only once"])
    first = await rig.say(key="k")
    again = await rig.say(key="k")
    assert again.text == "only once"
    assert again.turn.id == first.turn.id


async def test_a_plain_answer_is_replayed_as_a_stream_and_back(stores: Stores) -> None:
    rig = Rig(stores, ["plain", ["stre", "amed"]])
    plain = await rig.say("1", key="a")
    replayed = await rig.start("1", key="a", stream=True)
    assert text_of(await rig.events(replayed.turn)) == plain.text == "plain"
    streamed = await rig.start("2", key="b", stream=True)
    await rig.engine.wait(ME, streamed.turn.id)
    assert (await rig.say("2", key="b")).text == "streamed"


async def test_a_stopped_turn_is_replayed(stores: Stores) -> None:
    rig = Rig(stores, [["Half", Pause(None)]])
    turn = (await rig.start(key="k", stream=True)).turn
    while not rig.model.requests:
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    await rig.engine.stop(ME, turn.id)
    again = await rig.say(key="k")
    assert again.turn.state is State.STOPPED
    assert again.text == "Half"


async def test_another_body_is_a_conflict(stores: Stores) -> None:
    rig = Rig(stores, ["one"])
    await rig.say("1", key="k")
    with pytest.raises(IdempotencyMismatch):
        await rig.start("2", key="k")


async def test_keys_belong_to_their_scope_and_route(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two", "three"])
    first = await rig.say(key="k")
    request = TurnRequest("Hi")
    foreign = await rig.engine.start(SOMEBODY_ELSE, request, IdempotencyKey("test", "k", "Hi"))
    other_route = await rig.engine.start(ME, request, IdempotencyKey("other", "k", "Hi"))
    assert len({first.turn.id, foreign.turn.id, other_route.turn.id}) == 3
    await rig.engine.close(1)


async def test_a_failed_turn_is_tried_again_in_its_place(stores: Stores) -> None:
    rig = Rig(stores, [["Half", BROKEN], "Whole", "later"])
    failed = await rig.say(key="k", stream=True)
    assert failed.turn.state is State.FAILED
    again = await rig.say(key="k")
    assert again.text == "Whole"
    assert again.turn.attempt == 2
    assert again.turn.user_message_id == failed.turn.user_message_id
    assert await rig.said(again.turn) == ["Hi", "Whole"]
    assert (await rig.say(key="k")).turn.id == again.turn.id, "the key names the new attempt"
    old = await rig.engine.find(ME, failed.turn.id)
    assert old.text == "Half", "the old answer is kept beside the new one"


async def test_trying_again_keeps_what_was_said_since(stores: Stores) -> None:
    rig = Rig(stores, [BROKEN_SCRIPT, "two", "one at last", "three"])
    first = await rig.say("1", key="k")
    fields = {"conversation_id": first.turn.conversation_id}
    await rig.say("2", **fields)
    again = await rig.say("1", key="k")
    assert await rig.said(first.turn) == ["1", "one at last", "2", "two"]
    asked = rig.model.requests[2].messages
    assert [prompt.content for prompt in asked] == ["1"], "it is answered where it was said"
    await rig.say("3", **fields)
    asked = rig.model.requests[3].messages
    assert [prompt.content for prompt in asked] == ["1", "one at last", "2", "two", "3"]
    assert again.turn.conversation_id == first.turn.conversation_id


async def test_all_that_a_restart_interrupts_can_be_tried_again_in_any_order(
    stores: Stores,
) -> None:
    rig = Rig(stores, [[Pause(None)]])
    first = (await rig.start("1", key="1")).turn
    fields = {"conversation_id": first.conversation_id}
    for text in ("2", "3"):
        await rig.start(text, key=text, **fields)
    assert await stores.turns.interrupt_open("restart") == 3
    assert await rig.said(first) == ["1", "2", "3"]

    after = Rig(stores, lambda request: f"answer to {request.messages[-1].content}")
    for text in ("3", "1", "2"):
        ended = await after.say(text, key=text, **(fields if text != "1" else {}))
        assert ended.text == f"answer to {text}"
    assert await after.said(first) == [
        *("1", "answer to 1"),
        *("2", "answer to 2"),
        *("3", "answer to 3"),
    ]
    await rig.engine.close(0)


async def test_trying_again_waits_its_turn(stores: Stores) -> None:
    rig = Rig(stores, [BROKEN_SCRIPT, [Pause(0.05), "two"], "one"])
    first = await rig.say("1", key="k")
    second = await rig.start("2", conversation_id=first.turn.conversation_id)
    again = await rig.start("1", key="k")
    assert again.turn.state is State.QUEUED
    await rig.engine.wait(ME, again.turn.id)
    await rig.engine.wait(ME, second.turn.id)
    assert await rig.said(first.turn) == ["1", "one", "2", "two"]


async def test_a_deleted_conversation_stays_deleted(stores: Stores) -> None:
    rig = Rig(stores, ["one"])
    turn = (await rig.say(key="k")).turn
    await stores.conversations.delete(ME, turn.conversation_id)
    with pytest.raises(NotFound):
        await rig.start(key="k")


async def test_keys_are_forgotten_after_a_day(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two"])
    await rig.say(key="k")
    await stores.turns.prune(0, stores.clock.time + 1, 0)
    assert (await rig.say(key="k")).text == "two"


async def test_a_second_try_that_is_stopped_while_it_waits_changes_nothing(stores: Stores) -> None:
    rig = Rig(stores, [BROKEN_SCRIPT, [Pause(0.05), "two"]])
    first = await rig.say("1", key="k", stream=True)
    second = await rig.start("2", conversation_id=first.turn.conversation_id)
    again = await rig.start("1", key="k")
    assert again.turn.state is State.QUEUED
    await rig.engine.stop(ME, again.turn.id)
    await rig.engine.wait(ME, second.turn.id)
    assert await rig.said(first.turn) == ["1", "Broken", "2", "two"]
