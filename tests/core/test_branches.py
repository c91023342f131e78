"""Answering anew, editing and going on, over a real database."""

import asyncio
from typing import Any

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE, Rig, text_of
from tests.support.store import Stores

from parlez.core.context import GO_ON
from parlez.core.conversations import Profile
from parlez.core.cursor import START, Cursor
from parlez.core.errors import Conflict, InvalidInput, ModelFailed, NotFound
from parlez.core.messages import Role, State
from parlez.core.ports.chat_model import Finished, Options, Prompt
from parlez.core.turns import (
    Attachment,
    Continuation,
    Edit,
    EndedTurn,
    Regeneration,
    Turn,
    TurnRequest,
)
from parlez.testing.scripted_model import Pause, Script

HALF: Script = ["half ", Pause()]
CUT: Script = ["half ", Finished("length", None)]
BROKEN: Script = [ModelFailed("It broke.")]


async def again(
    rig: Rig, turn: Turn, attachment: Attachment, text: str = "", **fields: Any
) -> EndedTurn:
    """A turn elsewhere than at the tip of a conversation."""
    return await rig.say(
        text, conversation_id=turn.conversation_id, attachment=attachment, **fields
    )


async def begun(rig: Rig, text: str = "Hi", characters: int = 1, **where: Any) -> Turn:
    """A turn in the middle of its answer, of which so much has been said."""
    turn = (await rig.start(text, stream=True, **where)).turn
    async for numbered in rig.engine.follow(ME, turn.id, START, 3600):
        if numbered and numbered.characters >= characters:
            break
    return turn


async def stopped(rig: Rig) -> Turn:
    """A turn that was stopped in the middle of its answer."""
    return (await rig.engine.stop(ME, (await begun(rig)).id)).turn


async def test_another_answer_comes_in_the_place_of_the_last(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two"])
    first = (await rig.say("Hi", options=Options(seed=7), system_prompt="Be kind.")).turn
    second = await again(rig, first, Regeneration())
    assert second.text == "two"
    assert second.turn.user_message_id == first.user_message_id
    assert await rig.said(first) == ["Hi", "two"]
    assert (await rig.engine.find(ME, first.id)).text == "one", "the old one is kept"
    assert rig.model.requests[1] == rig.model.requests[0], "it is asked as it was before"


async def test_another_answer_to_an_earlier_message_begins_a_branch(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two", "three", "four"])
    first = (await rig.say("1")).turn
    later = (await rig.say("2", conversation_id=first.conversation_id)).turn
    await again(rig, first, Regeneration(first.answer_id))
    assert await rig.said(first) == ["1", "three"]
    await again(rig, first, Regeneration(later.user_message_id))
    assert await rig.said(first) == ["1", "one", "2", "four"], "a branch can be gone back to"


async def test_another_answer_waits_for_its_turn(stores: Stores) -> None:
    rig = Rig(stores, [HALF, "two", "three"])
    first = await begun(rig, "1")
    where = {"conversation_id": first.conversation_id}
    waiting = (await rig.start("2", **where)).turn
    regenerated = (await rig.start("", **where, attachment=Regeneration())).turn
    assert (waiting.state, regenerated.state) == (State.QUEUED, State.QUEUED)
    assert regenerated.user_message_id == waiting.user_message_id
    await rig.engine.stop(ME, first.id)
    assert (await rig.engine.wait(ME, regenerated.id)).text == "three"
    assert (await rig.said(first))[-2:] == ["2", "three"]


async def test_an_answer_that_comes_to_nothing_leaves_the_old_one(stores: Stores) -> None:
    rig = Rig(stores, ["one", BROKEN, BROKEN, "two"])
    first = (await rig.say("Hi")).turn
    request = TurnRequest("", first.conversation_id, attachment=Regeneration())
    failed = await again(rig, first, Regeneration(), key="k")
    assert failed.turn.state is State.FAILED
    assert await rig.said(first) == ["Hi", "one"]
    assert (await rig.say("", key="k", **fields(request))).turn.attempt == 2
    assert await rig.said(first) == ["Hi", "one"]
    assert (await rig.say("", key="k", **fields(request))).text == "two"
    assert await rig.said(first) == ["Hi", "two"]


def fields(request: TurnRequest) -> dict[str, Any]:
    return {"conversation_id": request.conversation_id, "attachment": request.attachment}


async def test_a_restart_leaves_the_old_answer(stores: Stores) -> None:
    rig = Rig(stores, ["one", [Pause()]])
    first = (await rig.say("Hi")).turn
    await rig.start("", conversation_id=first.conversation_id, attachment=Regeneration())
    await rig.engine.recover()
    assert await rig.said(first) == ["Hi", "one"]
    await rig.engine.close(0)


async def test_a_message_can_be_said_otherwise(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two", "three", "four", "five"])
    first = (await rig.say("1")).turn
    where = {"conversation_id": first.conversation_id}
    second = (await rig.say("2", **where)).turn
    await rig.say("3", **where)
    await again(rig, first, Edit(second.user_message_id), "2 anew")
    assert await rig.said(first) == ["1", "one", "2 anew", "four"]
    assert [each.content for each in rig.model.requests[-1].messages] == ["1", "one", "2 anew"]
    await again(rig, first, Edit(first.user_message_id), "1 anew")
    assert await rig.said(first) == ["1 anew", "five"]
    assert (await rig.engine.find(ME, second.id)).text == "two", "what was said is kept"


async def test_an_edit_waits_for_its_turn_and_is_not_lost(stores: Stores) -> None:
    rig = Rig(stores, [HALF, "two"])
    first = await begun(rig, "1")
    where = {"conversation_id": first.conversation_id}
    edit = Edit(first.user_message_id)
    waiting = (await rig.start("anew", **where, attachment=edit)).turn
    assert waiting.state is State.QUEUED
    await rig.engine.stop(ME, waiting.id)
    assert await rig.said(first) == ["1"]
    await rig.engine.stop(ME, first.id)
    assert await rig.said(first) == ["1", "half "]
    assert (await again(rig, first, Regeneration(waiting.user_message_id))).text == "two"
    assert await rig.said(first) == ["anew", "two"]


async def test_only_what_the_user_said_can_be_edited(stores: Stores) -> None:
    rig = Rig(stores, ["one"])
    first = (await rig.say("1")).turn
    with pytest.raises(InvalidInput):
        await again(rig, first, Edit(first.answer_id), "x")
    assert await rig.said(first) == ["1", "one"]


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_that_was_stopped_is_gone_on_with(stores: Stores, stream: bool) -> None:
    rig = Rig(stores, [HALF, ["the ", "rest"]])
    first = await stopped(rig)
    whole = await again(rig, first, Continuation(), stream=stream)
    assert whole.text == "half the rest"
    assert await rig.said(first) == ["Hi", "half the rest"]
    assert text_of(await rig.events(whole.turn)) == "half the rest"
    assert rig.model.requests[-1].messages == [
        Prompt(Role.USER, "Hi"),
        Prompt(Role.ASSISTANT, "half "),
        Prompt(Role.USER, GO_ON),
    ]
    with pytest.raises(Conflict):
        await again(rig, first, Continuation())


async def test_what_followed_a_short_answer_follows_the_whole_one(stores: Stores) -> None:
    rig = Rig(stores, [CUT, "two", "rest"])
    first = (await rig.say("1")).turn
    await rig.say("2", conversation_id=first.conversation_id)
    await again(rig, first, Continuation(first.answer_id))
    assert await rig.said(first) == ["1", "half rest", "2", "two"]
    with pytest.raises(Conflict, match="as it stands"):
        await again(rig, first, Continuation(first.answer_id))


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_that_fails_again_keeps_what_was_said(stores: Stores, stream: bool) -> None:
    rig = Rig(stores, [CUT, BROKEN, "rest"])
    first = (await rig.say("1")).turn
    failed = await again(rig, first, Continuation(), key="k", stream=stream)
    assert (failed.turn.state, failed.text) == (State.FAILED, "half ")
    assert await rig.said(first) == ["1", "half "]
    assert (await again(rig, first, Continuation(), key="k", stream=stream)).text == "half rest"
    assert await rig.said(first) == ["1", "half rest"]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_restart_keeps_what_was_to_be_gone_on_with(stores: Stores, stream: bool) -> None:
    rig = Rig(stores, [CUT, [Pause()]])
    first = (await rig.say("1")).turn
    request = TurnRequest("", first.conversation_id, attachment=Continuation())
    turn = (await rig.start("", stream=stream, **fields(request))).turn
    await rig.engine.recover()
    assert await rig.said(first) == ["1", "half "]
    await rig.engine.close(0)
    ended = await rig.engine.find(ME, turn.id)
    assert (ended.turn.state, ended.text) == (State.INTERRUPTED, "half ")
    assert text_of(await rig.events(ended.turn)) == "half "


async def test_only_what_was_cut_short_is_gone_on_with(stores: Stores) -> None:
    rig = Rig(stores, [CUT, "whole", CUT, HALF])
    first = (await rig.say("1")).turn
    where: dict[str, Any] = {"conversation_id": first.conversation_id}
    second = (await rig.say("2", **where)).turn
    for message_id in (None, second.answer_id, second.user_message_id):
        with pytest.raises(Conflict):
            await again(rig, first, Continuation(message_id))
    said = (await rig.say("I said", role=Role.ASSISTANT, **where)).turn
    with pytest.raises(Conflict, match="no answer"):
        await again(rig, said, Continuation(said.user_message_id))
    running = await begun(rig, "3", **where)
    with pytest.raises(Conflict, match="still waits or runs"):
        await again(rig, first, Continuation(first.answer_id))
    await rig.engine.stop(ME, running.id)


async def test_only_what_is_new_is_counted(stores: Stores) -> None:
    rig = Rig(stores, [["half " * 100, Finished("length", None)], HALF, HALF])
    first = (await rig.say("1")).turn
    where = {"conversation_id": first.conversation_id, "attachment": Continuation()}
    for end in (False, True):
        turn = await begun(rig, "", characters=505, **where)
        if end:
            await rig.engine.recover()
            await rig.engine.close(0)
        else:
            await rig.engine.stop(ME, turn.id)
        usage = (await stores.turns.find(ME, turn.id)).usage
        assert usage
        assert usage.completion_tokens < 10


async def test_branches_are_nobody_elses(stores: Stores) -> None:
    rig = Rig(stores, ["one", "other"])
    first = (await rig.say("1")).turn
    other = (await rig.say("2")).turn
    for attachment in (
        Regeneration(other.answer_id),
        Edit(other.user_message_id),
        Continuation(other.answer_id),
    ):
        with pytest.raises(NotFound):
            await again(rig, first, attachment, "x")
        request = TurnRequest("x", first.conversation_id, attachment=attachment)
        with pytest.raises(NotFound):
            await rig.engine.start(SOMEBODY_ELSE, request)
    assert await rig.said(first) == ["1", "one"]


async def test_what_a_conversation_has_holds_where_a_call_says_nothing(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two", "three"])
    profile = Profile(system_prompt="Be brief.", model="another")
    first = (await rig.say("1", profile=profile)).turn
    where = {"conversation_id": first.conversation_id}
    await rig.say("2", **where)
    await rig.say("3", **where, system_prompt="Be long.", model="scripted")
    turns = [(await stores.turns.find(ME, first.id))]
    assert turns[0].system_prompt == "Be brief."
    prompts = [request.messages[0].content for request in rig.model.requests]
    assert prompts == ["Be brief.", "Be brief.", "Be long."]


async def test_a_title_is_made_once(stores: Stores) -> None:
    rig = Rig(stores, ["one", "two", "three"])
    first = (await rig.say("  What is\nthe capital of France, please?  ")).turn
    where = {"conversation_id": first.conversation_id}
    await rig.say("And of Italy?", **where)
    found = await stores.conversations.find(ME, first.conversation_id, None)
    assert found.profile.title == "What is the capital of France, please?"
    await stores.conversations.change(ME, found.id, None, {"title": None})
    await rig.say("And of Spain?", **where)
    assert (await stores.conversations.find(ME, found.id, None)).profile.title == "And of Spain?"


async def test_a_conversation_can_begin_with_what_was_said_elsewhere(stores: Stores) -> None:
    rig = Rig(stores, ["four"])
    earlier = (Prompt(Role.USER, "1"), Prompt(Role.ASSISTANT, "two"))
    turn = (await rig.say("3", earlier=earlier)).turn
    assert await rig.said(turn) == ["1", "two", "3", "four"]
    assert (await stores.conversations.find(ME, turn.conversation_id, None)).profile.title == "1"
    assert [each.content for each in rig.model.requests[0].messages] == ["1", "two", "3"]


async def test_many_at_once_keep_their_order(stores: Stores) -> None:
    rig = Rig(stores, lambda request: f"answer to {request.messages[-1].content}")
    first = (await rig.say("0")).turn
    calls = [
        rig.say(
            "" if number % 2 else f"e{number}",
            conversation_id=first.conversation_id,
            attachment=Regeneration() if number % 2 else Edit(first.user_message_id),
        )
        for number in range(10)
    ]
    ended = await asyncio.gather(*calls)
    assert all(each.turn.state is State.COMPLETED for each in ended)
    history = await rig.said(first)
    assert len(history) == 2
    assert history[1] == f"answer to {history[0]}"


async def test_a_branch_that_is_stopped_in_the_queue_leaves_the_conversation_as_it_was(
    stores: Stores,
) -> None:
    rig = Rig(stores, ["one", ["two", Pause()]])
    first = (await rig.say("1")).turn
    fields = {"conversation_id": first.conversation_id}
    second = (await rig.start("2", stream=True, **fields)).turn
    aside = (await rig.start("3", parent_id=first.answer_id, **fields)).turn
    await rig.engine.stop(ME, aside.id)
    followed = rig.engine.follow(ME, second.id, Cursor(1, 0), 3600)
    assert await anext(followed)
    await followed.aclose()
    await rig.engine.stop(ME, second.id)
    assert await rig.said(first) == ["1", "one", "2", "two"]
