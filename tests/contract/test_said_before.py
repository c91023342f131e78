"""What a turn brings with it, and where it goes: over each kind of database."""

import pytest
from tests.contract.test_turn_store import COMPLETED, NOBODY, begin, said
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.store import Stores

from parlez.core.conversations import Profile
from parlez.core.errors import Conflict, NotFound
from parlez.core.events import Numbered, TextDelta, ToolCalled
from parlez.core.feedback import Feedback, FeedbackType
from parlez.core.messages import Role, State
from parlez.core.ports.chat_model import (
    AnswerForm,
    Options,
    Prompt,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from parlez.core.turns import (
    Edit,
    Ending,
    IdempotencyKey,
    Regeneration,
    Turn,
    TurnRequest,
)

CALL = ToolCalled("call_1", "look", '{"at": "é"}')
EARLIER = (
    Prompt(Role.USER, "One"),
    Prompt(Role.ASSISTANT, "", (CALL,)),
    Prompt(Role.TOOL, "", tool_call_id="call_1"),
    Prompt(Role.ASSISTANT, "1"),
)
FORM = AnswerForm(
    (Tool("look", "", {"type": "object"}, strict=True),),
    ToolChoice("function", "look"),
    parallel_tool_calls=False,
    response_format=ResponseFormat("json_schema", "n", "d", {"type": "object"}, strict=True),
)


async def ask(stores: Stores, request: TurnRequest, key: str | None = None) -> Turn:
    named = IdempotencyKey("route", key, "same") if key else None
    return (await stores.turns.start(ME, request, "model", named, NOBODY)).turn


async def test_what_was_said_before_is_stored_with_calls_and_results(stores: Stores) -> None:
    turn = await ask(stores, TurnRequest("Two", earlier=EARLIER))
    branch = await stores.turns.path(ME, turn.user_message_id, 10_000)
    read = [
        Prompt(each.role, each.content, each.tool_calls, each.tool_call_id)
        for each in branch.messages
    ]
    assert read == [*EARLIER, Prompt(Role.USER, "Two")]
    await stores.turns.end(turn, COMPLETED)
    assert await said(stores, turn) == ["One", "", "", "1", "Two", "answer"]


async def test_what_is_asked_of_an_answer_is_kept(stores: Stores) -> None:
    options = Options(logit_bias={"1": -1.5}, frequency_penalty=0.0, reasoning_effort="low")
    echo = {"previous_response_id": "resp_x", "tools": [{"type": "function"}]}
    asked = TurnRequest("so", options=options, form=FORM, role=Role.TOOL, echo=echo)
    turn = await ask(stores, asked)
    found = await stores.turns.find(ME, turn.id)
    assert found == turn
    assert (found.options, found.form, found.echo) == (options, FORM, echo)


async def test_an_answer_keeps_the_tools_that_it_called(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.end(turn, Ending(State.COMPLETED, "tool_calls", tool_calls=(CALL,)))
    ended = await stores.turns.answer(ME, turn.id)
    assert (ended.text, ended.tool_calls) == ("", (CALL,))
    assert await said(stores, turn) == ["Hi", ""]
    follow_up = TurnRequest(
        "", turn.conversation_id, role=Role.TOOL, tool_call_id="call_1", stream=True
    )
    result = await ask(stores, follow_up)
    [_, called, answered] = (await stores.turns.path(ME, result.user_message_id, 100)).messages
    assert (called.tool_calls, answered.tool_call_id) == ((CALL,), "call_1")


async def test_an_interrupted_turn_keeps_the_tools_that_were_logged(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.append(turn, [Numbered(2, 2, TextDelta("ab")), Numbered(3, 2, CALL)])
    await stores.turns.interrupt(turn, "lost")
    ended = await stores.turns.answer(ME, turn.id)
    assert (ended.text, ended.tool_calls, ended.turn.log_end) == ("ab", (CALL,), 3)


@pytest.mark.parametrize("waits", [False, True])
async def test_what_follows_an_older_message_is_a_branch(stores: Stores, waits: bool) -> None:
    first = await begin(stores, "One")
    await stores.turns.end(first, COMPLETED)
    second = await begin(stores, "Two", first.conversation_id)
    asked = TurnRequest(
        "Three",
        first.conversation_id,
        earlier=(Prompt(Role.USER, "a"), Prompt(Role.ASSISTANT, "b")),
        parent_id=first.answer_id,
    )
    if waits:
        branch = await ask(stores, asked)
        assert branch.state is State.QUEUED
        promoted = await stores.turns.end(second, COMPLETED)
        assert promoted is not None
        assert promoted.id == branch.id
    else:
        await stores.turns.end(second, COMPLETED)
        branch = await ask(stores, asked)
    await stores.turns.end(
        await stores.turns.find(ME, branch.id), Ending(State.COMPLETED, "stop", text="3")
    )
    assert await said(stores, first) == ["One", "answer", "a", "b", "Three", "3"]


async def test_a_turn_that_waits_brings_all_of_it(stores: Stores) -> None:
    first = await begin(stores, "Zero")
    waiting = await ask(stores, TurnRequest("Two", first.conversation_id, earlier=EARLIER))
    assert await said(stores, first) == ["Zero"]
    await stores.turns.stop_queued(ME, waiting.id)
    await stores.turns.end(first, COMPLETED)
    assert await said(stores, first) == ["Zero", "answer", "One", "", "", "1", "Two"]


async def test_a_parent_is_of_the_same_conversation(stores: Stores) -> None:
    turn, other = await begin(stores), await begin(stores)
    for parent_id in (other.answer_id, "none"):
        with pytest.raises(NotFound):
            await ask(stores, TurnRequest("x", turn.conversation_id, parent_id=parent_id))
    assert await said(stores, turn) == ["Hi"]


async def test_the_only_turn_takes_its_conversation_along(stores: Stores) -> None:
    turn = await begin(stores)
    with pytest.raises(Conflict):
        await stores.conversations.delete_turn(ME, turn.id)
    await stores.turns.end(turn, COMPLETED)
    for scope, turn_id in ((SOMEBODY_ELSE, turn.id), (ME, "none")):
        with pytest.raises(NotFound):
            await stores.conversations.delete_turn(scope, turn_id)
    await stores.conversations.delete_turn(ME, turn.id)
    with pytest.raises(NotFound):
        await stores.turns.find(ME, turn.id)
    with pytest.raises(NotFound):
        await said(stores, turn)


async def test_a_deleted_attempt_leaves_the_other(stores: Stores) -> None:
    first = await ask(stores, TurnRequest("Two", earlier=EARLIER), key="k")
    await stores.turns.end(first, Ending(State.FAILED, "error", text="half"))
    second = await ask(stores, TurnRequest("Two", earlier=EARLIER), key="k")
    await stores.turns.end(second, COMPLETED)
    third = await begin(stores, "Three", first.conversation_id)
    await stores.turns.end(third, COMPLETED)
    before = ["One", "", "", "1", "Two", "answer", "Three", "answer"]
    assert await said(stores, first) == before
    await stores.conversations.delete_turn(ME, first.id)
    assert await said(stores, second) == before
    await stores.conversations.delete_turn(ME, second.id)
    assert await said(stores, third) == ["Three", "answer"]


async def test_what_was_asked_elsewhere_too_is_not_erased(stores: Stores) -> None:
    first = await ask(stores, TurnRequest("Two", earlier=EARLIER))
    await stores.turns.end(first, COMPLETED)
    where = first.conversation_id
    one = (await stores.conversations.history(ME, where, 10, None)).messages[0]
    other = TurnRequest("", where, attachment=Regeneration(one.id))
    second = await ask(stores, other)
    await stores.turns.end(second, COMPLETED)
    await stores.conversations.delete_turn(ME, second.id)
    assert await said(stores, first) == ["One"]
    again = await ask(stores, TurnRequest("", where, attachment=Regeneration(first.answer_id)))
    await stores.turns.end(again, COMPLETED)
    assert await said(stores, first) == ["One", "", "", "1", "Two", "answer"]
    third = await ask(stores, other)
    await stores.turns.end(third, COMPLETED)
    await stores.conversations.delete_turn(ME, first.id)
    await stores.conversations.delete_turn(ME, again.id)
    assert await said(stores, third) == ["One", "answer"]
    left = TurnRequest("", where, attachment=Regeneration(third.user_message_id))
    assert (await ask(stores, left)).user_message_id == one.id


async def test_what_was_added_alone_is_not_erased(stores: Stores) -> None:
    made = await stores.conversations.create(ME, None, Profile(), None)
    for text in ("One", "Two"):
        prompt = Prompt(Role.USER, text)
        last = await stores.conversations.add(ME, made.id, None, prompt, None)
    turn = await ask(stores, TurnRequest("", made.id, attachment=Regeneration()))
    await stores.turns.end(turn, COMPLETED)
    later = Prompt(Role.USER, "Later")
    await stores.conversations.add(ME, made.id, None, later, None)
    opinion = Feedback(made.id, turn.answer_id, None, FeedbackType.THUMBS_UP, 1)
    await stores.feedback.give(ME, opinion, None)
    await stores.conversations.delete_turn(ME, turn.id)
    assert await said(stores, turn) == ["One", "Two", "Later"]
    assert last.content == "Two"
    found = await stores.feedback.analyse(ME, made.id, None, 10)
    assert found.total_feedback == 0, "it goes with what it was about"


async def test_what_is_about_to_be_replaced_is_not_erased(stores: Stores) -> None:
    first = await begin(stores, "One")
    await stores.turns.end(first, COMPLETED)
    running = await begin(stores, "Two", first.conversation_id)
    edit = TurnRequest("Otherwise", first.conversation_id, attachment=Edit(first.user_message_id))
    waiting = await ask(stores, edit)
    with pytest.raises(Conflict, match="still runs"):
        await stores.conversations.delete_turn(ME, first.id)
    promoted = await stores.turns.end(running, COMPLETED)
    assert promoted
    assert promoted.id == waiting.id
