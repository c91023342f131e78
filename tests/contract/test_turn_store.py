"""What every turn store does, over each kind of database."""

from dataclasses import replace

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.store import Stores

from parlez.core.citations import Citation
from parlez.core.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound, QueueFull
from parlez.core.events import Numbered, TextDelta, ToolCalled, Usage
from parlez.core.messages import State
from parlez.core.ports.chat_model import Options
from parlez.core.ports.turn_store import Started
from parlez.core.turns import Ending, IdempotencyKey, Payer, Turn, TurnError, TurnRequest

NOBODY = Payer()
COMPLETED = Ending(State.COMPLETED, "stop", text="answer")
CITATION = Citation("document", "a.txt", None, 0, 5, "quote", 0.9)


async def start(
    stores: Stores,
    text: str = "Hi",
    conversation_id: str | None = None,
    *,
    key: str | None = None,
    payer: Payer = NOBODY,
    stream: bool = False,
) -> Started:
    request = TurnRequest(text, conversation_id, stream=stream)
    idempotency = IdempotencyKey("route", key, text) if key else None
    return await stores.turns.start(ME, request, "model", idempotency, payer)


async def begin(stores: Stores, text: str = "Hi", conversation_id: str | None = None) -> Turn:
    return (await start(stores, text, conversation_id, stream=True)).turn


async def said(stores: Stores, turn: Turn) -> list[str]:
    history = await stores.conversations.history(ME, turn.conversation_id, 100, None)
    assert history.conversation.message_count == len(history.messages)
    return [message.content for message in history.messages]


async def test_a_turn_is_kept_as_it_was_asked_for(stores: Stores) -> None:
    options = Options(temperature=0.5, max_tokens=7, stop=("a", "é"))
    request = TurnRequest(
        "Hallo \U0001f600", None, "label", "model", "system", options, stream=True
    )
    payer = Payer(key_id="key")
    started = await stores.turns.start(ME, request, "model", None, payer)
    assert started.created
    turn = await stores.turns.find(ME, started.turn.id)
    assert turn == started.turn
    assert (turn.state, turn.attempt, turn.stream) == (State.RUNNING, 1, True)
    assert (turn.model, turn.system_prompt, turn.options) == ("model", "system", options)
    assert (turn.key_id, turn.created_at) == ("key", stores.clock.time)
    ended = await stores.turns.answer(ME, turn.id)
    assert (ended.turn, ended.text) == (turn, "")
    assert await stores.turns.open_turns() == [turn]


async def test_an_end_is_kept_whole(stores: Stores) -> None:
    turn = await begin(stores)
    error = TurnError("code", "What happened.", True)
    ending = Ending(State.FAILED, "error", "héllo", error, Usage(3, 4, True), 5, 6)
    assert await stores.turns.end(turn, ending) is None
    ended = await stores.turns.answer(ME, turn.id)
    assert ended.text == "héllo"
    assert (ended.turn.state, ended.turn.reason) == (State.FAILED, "error")
    assert (ended.turn.error, ended.turn.usage) == (error, Usage(3, 4, True))
    assert (ended.turn.left_out, ended.turn.log_end) == (5, 6)
    assert await stores.turns.open_turns() == []


async def test_the_first_end_stands(stores: Stores) -> None:
    turn = await begin(stores)
    waiting = await begin(stores, "next", turn.conversation_id)
    promoted = await stores.turns.end(turn, COMPLETED)
    assert promoted is not None
    assert (promoted.id, promoted.state) == (waiting.id, State.RUNNING)
    assert await stores.turns.end(turn, Ending(State.FAILED, "error", "other")) is None
    assert await stores.turns.interrupt(turn, "lost") is None
    assert (await stores.turns.answer(ME, turn.id)).text == "answer"
    assert await said(stores, turn) == ["Hi", "answer", "next"]


async def test_waiting_turns_are_started_in_order(stores: Stores) -> None:
    running: Turn | None = await begin(stores, "0")
    assert running is not None
    first = running
    for number in range(1, 4):
        waiting = await begin(stores, str(number), first.conversation_id)
        assert waiting.state is State.QUEUED
    while running is not None:
        opened = await stores.turns.open_turns()
        assert [turn.id for turn in opened if turn.state is State.RUNNING] == [running.id]
        running = await stores.turns.end(running, COMPLETED)
    assert await said(stores, first) == [
        text for number in range(4) for text in (str(number), "answer")
    ]
    later = await begin(stores, "4", first.conversation_id)
    assert later.state is State.RUNNING


async def test_as_many_wait_as_may(stores: Stores) -> None:
    turn = await begin(stores)
    for _ in range(16):
        await begin(stores, "more", turn.conversation_id)
    with pytest.raises(QueueFull):
        await start(stores, "too many", turn.conversation_id, key="k")
    assert len(await stores.conversations.open_turns(ME, turn.conversation_id)) == 17
    assert (await start(stores, "elsewhere", key="k")).created, "what was refused claims no key"


async def test_a_conversation_must_be_there(stores: Stores) -> None:
    turn = await begin(stores)
    for scope, conversation_id in ((ME, "none"), (SOMEBODY_ELSE, turn.conversation_id)):
        request = TurnRequest("Hi", conversation_id)
        with pytest.raises(NotFound):
            await stores.turns.start(scope, request, "model", None, NOBODY)


async def test_the_log_is_read_as_it_was_written(stores: Stores) -> None:
    turn = await begin(stores)
    log = [
        Numbered(2, 2, TextDelta("né")),
        Numbered(3, 2, ToolCalled("call", "name", '{"a": 1}')),
        Numbered(4, 3, TextDelta("\U0001f600")),
    ]
    await stores.turns.append(turn, log[:2])
    await stores.turns.append(turn, log[2:])
    assert await stores.turns.events(ME, turn.id, 0, 10) == log
    assert await stores.turns.events(ME, turn.id, 2, 1) == log[1:2]
    assert await stores.turns.events(ME, turn.id, 4, 10) == []
    assert await stores.turns.events(ME, turn.id, 2**60, 10) == []
    assert await stores.turns.events(SOMEBODY_ELSE, turn.id, 0, 10) == []


async def test_a_reader_gets_only_so_much_text_at_once(stores: Stores) -> None:
    turn = await begin(stores)
    log = [Numbered(2 + n, (n + 1) * 30_000, TextDelta("x" * 30_000)) for n in range(5)]
    await stores.turns.append(turn, log)
    assert await stores.turns.events(ME, turn.id, 0, 10) == log[:3]
    assert await stores.turns.events(ME, turn.id, 4, 10) == log[3:]


async def test_what_has_ended_takes_no_more_events(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.append(turn, [Numbered(2, 1, TextDelta("x"))])
    await stores.turns.end(turn, COMPLETED)
    with pytest.raises(Conflict):
        await stores.turns.append(turn, [Numbered(3, 2, TextDelta("y"))])
    assert len(await stores.turns.events(ME, turn.id, 0, 10)) == 1
    await stores.conversations.delete(ME, turn.conversation_id)
    with pytest.raises(Conflict):
        await stores.turns.append(turn, [Numbered(2, 1, TextDelta("x"))])


async def test_a_turn_that_waits_is_stopped_with_its_message_kept(stores: Stores) -> None:
    turn = await begin(stores)
    waiting = await begin(stores, "second", turn.conversation_id)
    assert await stores.turns.stop_queued(ME, waiting.id)
    assert not await stores.turns.stop_queued(ME, waiting.id)
    assert not await stores.turns.stop_queued(ME, turn.id)
    assert (await stores.turns.find(ME, waiting.id)).state is State.STOPPED
    assert await stores.turns.end(turn, COMPLETED) is None
    assert await said(stores, turn) == ["Hi", "answer", "second"]
    with pytest.raises(NotFound):
        await stores.turns.stop_queued(SOMEBODY_ELSE, waiting.id)


async def test_nobody_elses_turn_is_found(stores: Stores) -> None:
    turn = await begin(stores)
    for scope, turn_id in ((SOMEBODY_ELSE, turn.id), (ME, "none")):
        with pytest.raises(NotFound):
            await stores.turns.find(scope, turn_id)
        with pytest.raises(NotFound):
            await stores.turns.answer(scope, turn_id)


async def test_a_path_goes_back_as_far_as_it_was_asked(stores: Stores) -> None:
    turn = await begin(stores, "0" * 10)
    for number in range(1, 4):
        await stores.turns.end(turn, Ending(State.COMPLETED, "stop", text="a" * 10))
        turn = await begin(stores, str(number) * 10, turn.conversation_id)
    whole = await stores.turns.path(ME, turn.user_message_id, 2**40)
    assert [message.content[0] for message in whole.messages] == list("0a1a2a3")
    assert whole.earlier == 0
    part = await stores.turns.path(ME, turn.user_message_id, 25)
    assert [message.content[0] for message in part.messages] == list("2a3")
    assert part.earlier == 4
    assert (await stores.turns.path(SOMEBODY_ELSE, turn.user_message_id, 100)).messages == []


async def test_an_interrupted_turn_keeps_what_was_logged(stores: Stores) -> None:
    turn = await begin(stores)
    waiting = await begin(stores, "next", turn.conversation_id)
    await stores.turns.append(
        turn, [Numbered(2, 3, TextDelta("so ")), Numbered(3, 6, TextDelta("far"))]
    )
    promoted = await stores.turns.interrupt(turn, "lost")
    assert promoted is not None
    assert promoted.id == waiting.id
    ended = await stores.turns.answer(ME, turn.id)
    assert (ended.text, ended.turn.state, ended.turn.log_end) == ("so far", State.INTERRUPTED, 3)


async def test_all_that_is_open_is_interrupted(stores: Stores) -> None:
    first = await begin(stores)
    await begin(stores, "waits", first.conversation_id)
    await begin(stores, "elsewhere")
    assert await stores.turns.interrupt_open("restart") == 3
    assert await stores.turns.open_turns() == []
    assert await said(stores, first) == ["Hi", "waits"]
    assert await stores.turns.interrupt_open("restart") == 0


async def test_a_key_names_one_turn(stores: Stores) -> None:
    first = await start(stores, key="k")
    again = await start(stores, key="k")
    assert (first.created, again.created) == (True, False)
    assert again.turn == first.turn
    with pytest.raises(IdempotencyMismatch):
        await stores.turns.start(
            ME, TurnRequest("Hi"), "model", IdempotencyKey("route", "k", "other"), NOBODY
        )
    await stores.turns.end(first.turn, COMPLETED)
    assert not (await start(stores, key="k")).created


@pytest.mark.parametrize("state", [State.FAILED, State.INTERRUPTED])
async def test_a_key_of_a_turn_that_came_to_nothing_begins_anew(
    stores: Stores, state: State
) -> None:
    first = (await start(stores, key="k")).turn
    await stores.turns.end(first, Ending(state, "error", text="half"))
    again = await start(stores, key="k")
    assert again.created
    assert (again.turn.attempt, again.turn.state) == (2, State.RUNNING)
    assert again.turn.user_message_id == first.user_message_id
    await stores.turns.end(again.turn, COMPLETED)
    assert await said(stores, first) == ["Hi", "answer"]
    assert (await start(stores, key="k")).turn.id == again.turn.id


async def test_pruning_forgets_what_is_old_and_nothing_else(stores: Stores) -> None:
    old = (await start(stores, key="old", payer=Payer(meters=("m",)), stream=True)).turn
    running = await begin(stores)
    for turn in (old, running):
        await stores.turns.append(turn, [Numbered(2, 1, TextDelta("x"))])
    await stores.turns.end(old, Ending(State.COMPLETED, "stop", text="x"))
    then = stores.clock.time + 1
    stores.clock.time += 10
    new = (await start(stores, key="new", payer=Payer(meters=("m",)), stream=True)).turn
    await stores.turns.append(new, [Numbered(2, 1, TextDelta("x"))])
    await stores.turns.end(new, Ending(State.COMPLETED, "stop", text="x"))
    await stores.turns.prune(then, then, then)
    assert await stores.turns.events(ME, old.id, 0, 10) == []
    for turn in (running, new):
        assert len(await stores.turns.events(ME, turn.id, 0, 10)) == 1
    assert (await stores.turns.answer(ME, old.id)).text == "x"
    assert (await start(stores, key="old")).created
    assert not (await start(stores, key="new")).created
    assert await stores.calls.since(ME, "m", 0) == [new.created_at]


async def test_calls_are_counted_with_what_they_paid_for(stores: Stores) -> None:
    paying = Payer(meters=("subject",))
    turn = (await start(stores, key="k", payer=paying)).turn
    await start(stores, key="k", payer=paying)
    stores.clock.time += 5
    await start(stores, payer=paying)
    with pytest.raises(NotFound):
        await start(stores, "Hi", "none", payer=paying)
    assert await stores.calls.since(ME, "subject", 0) == [turn.created_at, turn.created_at + 5]
    assert await stores.calls.since(ME, "subject", turn.created_at + 1) == [turn.created_at + 5]
    assert await stores.calls.since(ME, "another", 0) == []
    assert await stores.calls.since(SOMEBODY_ELSE, "subject", 0) == []


async def test_an_answer_is_cut_short(stores: Stores) -> None:
    turn = await begin(stores)
    text = "One two. Three four."
    heard = replace(CITATION, answer_start=0, answer_end=8)
    unheard = replace(CITATION, answer_start=9, answer_end=len(text))
    ending = replace(COMPLETED, text=text, citations=(heard, unheard))
    await stores.turns.end(turn, ending)
    with pytest.raises(InvalidInput):
        await stores.turns.cut_short(ME, turn.id, "Something else")
    with pytest.raises(NotFound):
        await stores.turns.cut_short(SOMEBODY_ELSE, turn.id, "One two.")
    assert (await stores.turns.answer(ME, turn.id)).text == text
    cut = await stores.turns.cut_short(ME, turn.id, "One two.")
    assert (cut.text, cut.turn.state, cut.turn.citations) == ("One two.", State.STOPPED, (heard,))
    assert await said(stores, turn) == ["Hi", "One two."]
    following = await begin(stores, "And then?", turn.conversation_id)
    assert await said(stores, following) == ["Hi", "One two.", "And then?"]


async def test_an_answer_of_which_nothing_was_heard(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.end(turn, COMPLETED)
    assert (await stores.turns.cut_short(ME, turn.id, "")).text == ""
    assert await said(stores, turn) == ["Hi"]


async def test_only_what_was_answered_is_cut_short(stores: Stores) -> None:
    turn = await begin(stores)
    assert (await stores.turns.cut_short(ME, turn.id, "")).turn.state is State.RUNNING
    error = TurnError("model_failed", "It failed.", True)
    await stores.turns.end(turn, Ending(State.FAILED, "error", text="half", error=error))
    assert (await stores.turns.cut_short(ME, turn.id, "")).text == "half"


async def test_the_probe_is_content(stores: Stores) -> None:
    assert await stores.turns.probe() == "ok"
