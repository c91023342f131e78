"""The turn engine over a real database: order, stopping, failing, ending."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE, Rig, text_of
from tests.support.store import Stores

from parlez.core.cursor import START, Cursor
from parlez.core.errors import (
    Interrupted,
    ModelFailed,
    NotFound,
    QueueFull,
    StorageError,
    StorageFull,
)
from parlez.core.events import (
    ErrorRaised,
    Numbered,
    TextDelta,
    TurnEnded,
    TurnStarted,
    UsageReported,
)
from parlez.core.messages import State
from parlez.core.ports.chat_model import ChatRequest
from parlez.core.turns import Ending, Turn
from parlez.testing.scripted_model import Pause, Script


async def test_a_turn_is_answered_and_kept(stores: Stores) -> None:
    rig = Rig(stores, ["Hello there"])
    ended = await rig.say("Hi")
    assert ended.text == "Hello there"
    assert ended.turn.state is State.COMPLETED
    assert ended.turn.usage is not None
    assert await rig.said(ended.turn) == ["Hi", "Hello there"]
    assert (await rig.engine.find(ME, ended.turn.id)) == ended


async def test_events_are_numbered_and_whole(stores: Stores) -> None:
    rig = Rig(stores, [["One ", Pause(0.01), "two ", Pause(0.01), "three"]])
    started = await rig.start(stream=True)
    events = await rig.events(started.turn)
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    assert text_of(events) == "One two three"
    assert isinstance(events[0].event, TurnStarted)
    assert isinstance(events[-2].event, UsageReported)
    assert events[-1].event == TurnEnded(State.COMPLETED, "stop")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("pruned", [True, False])
async def test_following_from_every_point_gives_the_rest(
    stores: Stores, stream: bool, pruned: bool
) -> None:
    script: list[Script] = [["a", Pause(0.01), "bc", Pause(0.01), "déf", Pause(0.01), "😀"]]
    rig = Rig(stores, script)
    turn = (await rig.say(stream=stream)).turn
    whole = await rig.events(turn)
    if pruned:
        await stores.turns.prune(stores.clock.time + 1, 0, 0)
    for place in range(len(whole)):
        seen = whole[: place + 1]
        cursor = Cursor(seen[-1].number, seen[-1].characters)
        rest = await rig.events(turn, cursor)
        assert text_of(seen) + text_of(rest) == "abcdéf😀"
        assert all(each.number > cursor.number for each in rest) or pruned
        assert await rig.engine.is_past_end(ME, turn.id, cursor) == (place == len(whole) - 1)


async def test_what_is_published_is_on_disk(stores: Stores) -> None:
    rig = Rig(stores, [["a", Pause(0.01), "b", Pause(0.01), "c"]])
    turn = (await rig.start(stream=True)).turn
    async for numbered in rig.engine.follow(ME, turn.id, START, 3600):
        assert numbered is not None
        if isinstance(numbered.event, TextDelta):
            logged = await stores.turns.events(ME, turn.id, numbered.number - 1, 1)
            assert logged == [numbered]


async def test_two_followers_and_a_late_one_see_the_same(stores: Stores) -> None:
    rig = Rig(stores, [["x" * 10, Pause(0.02)] * 20])
    turn = (await rig.start(stream=True)).turn
    early = [asyncio.create_task(rig.events(turn)) for _ in range(2)]
    await asyncio.sleep(0.1)
    late = await rig.events(turn)
    assert await early[0] == await early[1] == late


async def test_a_slow_follower_falls_back_to_the_log(stores: Stores) -> None:
    rig = Rig(stores, [[step for _ in range(600) for step in ("x", Pause(0.0))]])
    turn = (await rig.start(stream=True)).turn
    followed = rig.engine.follow(ME, turn.id, START, 3600)
    events = [await anext(followed)]
    await rig.engine.wait(ME, turn.id)
    events += [numbered async for numbered in followed]
    known = [numbered for numbered in events if numbered is not None]
    assert [each.number for each in known] == list(range(1, len(known) + 1))
    assert text_of(known) == "x" * 600


async def test_silence_is_told(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(None)]])
    turn = (await rig.start(stream=True)).turn
    followed = rig.engine.follow(ME, turn.id, START, 0.01)
    assert await anext(followed) is not None
    assert await anext(followed) is None
    assert await anext(followed) is None
    await rig.engine.close(0)


async def test_turns_of_a_conversation_run_in_order(stores: Stores) -> None:
    running: list[str] = []
    most = 0

    def answer(request: ChatRequest) -> Script:
        def steps() -> list[str | Pause]:
            nonlocal most
            running.append(request.messages[-1].content)
            most = max(most, len(running))
            return ["ok"]

        return [*steps(), Pause(0.005), f" {running.pop()}"]

    rig = Rig(stores, answer)
    first = (await rig.say("0")).turn
    started = [
        await rig.start(str(number), conversation_id=first.conversation_id)
        for number in range(1, 17)
    ]
    assert [each.turn.state for each in started] == [State.RUNNING] + [State.QUEUED] * 15
    await asyncio.gather(*(rig.engine.wait(ME, each.turn.id) for each in started))
    said = await rig.said(first)
    assert said == [text for number in range(17) for text in (str(number), f"ok {number}")]
    assert most == 1


async def test_the_seventeenth_that_would_wait_is_refused(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(None)]])
    turn = (await rig.start("0")).turn
    for number in range(16):
        waiting = await rig.start(str(number), conversation_id=turn.conversation_id)
        assert waiting.turn.state is State.QUEUED
    with pytest.raises(QueueFull):
        await rig.start("17", conversation_id=turn.conversation_id, key="k")
    other = await rig.start("somewhere else", key="k")
    assert other.created, "a refused request claims no key"
    await rig.engine.close(0)


async def test_stopping_keeps_what_was_said(stores: Stores) -> None:
    rig = Rig(stores, [["Once upon ", "a time", Pause(None)], "next"])
    turn = (await rig.start("Tell", stream=True)).turn
    queued = (await rig.start("More", conversation_id=turn.conversation_id)).turn
    followed = rig.engine.follow(ME, turn.id, START, 3600)
    while (numbered := await anext(followed)) is None or numbered.characters < 16:
        pass
    stopped = await rig.engine.stop(ME, turn.id)
    assert stopped.text == "Once upon a time"
    assert stopped.turn.state is State.STOPPED
    assert [each async for each in followed][-1].event == TurnEnded(State.STOPPED, "stopped")  # type: ignore[union-attr]
    assert (await rig.engine.wait(ME, queued.id)).text == "next"
    assert await rig.said(turn) == ["Tell", "Once upon a time", "More", "next"]
    assert (await rig.engine.stop(ME, turn.id)).turn.state is State.STOPPED


async def test_stopping_a_plain_turn_before_it_begins(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(None)]])
    started = await rig.start("Tell")
    stopped = await rig.engine.stop(ME, started.turn.id)
    assert stopped.turn.state is State.STOPPED
    assert await rig.said(started.turn) == ["Tell"]


async def test_a_stopped_turn_that_waited_keeps_its_message(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(1.0), "one"], "three"])
    first = (await rig.start("1")).turn
    second, third = [
        (await rig.start(text, conversation_id=first.conversation_id)).turn for text in "23"
    ]
    stopped = await rig.engine.stop(ME, second.id)
    assert stopped.turn.state is State.STOPPED
    assert stopped == await rig.engine.find(ME, second.id)
    assert (await rig.engine.wait(ME, third.id)).text == "three"
    assert await rig.said(first) == ["1", "one", "2", "3", "three"]


async def test_a_failing_model_leaves_the_message(stores: Stores) -> None:
    rig = Rig(stores, [["Half an ", ModelFailed("It broke off.")], "Whole"])
    turn = (await rig.start("Hi", stream=True)).turn
    events = await rig.events(turn)
    assert [type(each.event) for each in events[-2:]] == [ErrorRaised, TurnEnded]
    assert text_of(events) == "Half an "
    failed = await rig.engine.wait(ME, turn.id)
    assert failed.turn.state is State.FAILED
    assert failed.turn.error is not None
    assert failed.turn.error.message == "It broke off."
    again = await rig.say("Again", conversation_id=turn.conversation_id)
    assert again.text == "Whole"
    assert await rig.said(turn) == ["Hi", "Half an ", "Again", "Whole"]


async def test_a_bug_ends_its_turn_and_the_next_runs(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: ChatRequest) -> Script:
        if request.messages[-1].content == "secret text":
            raise KeyError(request.messages[-1].content)
        return "fine"

    rig = Rig(stores, answer)
    turn = (await rig.start("secret text")).turn
    following = await rig.say("next", conversation_id=turn.conversation_id)
    assert following.text == "fine"
    failed = await rig.engine.find(ME, turn.id)
    assert failed.turn.error is not None
    assert failed.turn.error.code == "internal_error"
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text
    assert rig.engine.open_turns == 0


async def test_foreign_turns_do_not_exist(stores: Stores) -> None:
    rig = Rig(stores, [[Pause(None)]])
    turn = (await rig.start("Hi", stream=True)).turn
    for attempt in (
        rig.engine.find(SOMEBODY_ELSE, turn.id),
        rig.engine.wait(SOMEBODY_ELSE, turn.id),
        rig.engine.stop(SOMEBODY_ELSE, turn.id),
        rig.engine.is_past_end(SOMEBODY_ELSE, turn.id, START),
        anext(rig.engine.follow(SOMEBODY_ELSE, turn.id, START, 1)),
        stores.conversations.history(SOMEBODY_ELSE, turn.conversation_id, 10, None),
        stores.conversations.delete(SOMEBODY_ELSE, turn.conversation_id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert rig.engine.open_turns == 1
    await rig.engine.close(0)


async def test_closing_lets_turns_end_in_time(stores: Stores) -> None:
    rig = Rig(stores, [["Quick", Pause(0.05), " enough"]])
    turn = (await rig.start(stream=True)).turn
    await rig.engine.close(5)
    assert (await rig.engine.find(ME, turn.id)).text == "Quick enough"
    with pytest.raises(Interrupted):
        await rig.start()


async def test_closing_interrupts_what_takes_longer(stores: Stores) -> None:
    rig = Rig(stores, [["Too long", Pause(None)], [Pause(None)]])
    turn = (await rig.start("1", stream=True)).turn
    waiting = (await rig.start("2", conversation_id=turn.conversation_id)).turn
    await asyncio.sleep(0.05)
    await rig.engine.close(0)
    for each, text in ((turn, "Too long"), (waiting, "")):
        ended = await rig.engine.find(ME, each.id)
        assert ended.turn.state is State.INTERRUPTED
        assert ended.text == text
    assert await rig.said(turn) == ["1", "Too long", "2"]
    assert rig.engine.open_turns == 0


async def test_followers_are_sent_away_while_the_turn_goes_on(stores: Stores) -> None:
    rig = Rig(stores, [["Hi", Pause(0.1), " there"]])
    turn = (await rig.start(stream=True)).turn
    followed = rig.engine.follow(ME, turn.id, START, 3600)
    assert await anext(followed) is not None
    rig.engine.release_followers()
    with pytest.raises(Interrupted):
        async for _ in followed:
            pass
    assert (await rig.engine.wait(ME, turn.id)).text == "Hi there"


class ForgetfulStore:
    """Cannot store the end of a turn until it is told to."""

    def __init__(self, stores: Stores):
        self._turns = stores.turns
        self.works = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._turns, name)

    async def end(self, turn: Turn, ending: Ending) -> Turn | None:
        if not self.works:
            raise StorageFull("The disk is full.")
        return await self._turns.end(turn, ending)


@pytest.fixture
def quick_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlez.core.turn_engine.END_PAUSES", (0.001,))


@pytest.mark.usefixtures("quick_pauses")
async def test_an_end_that_cannot_be_stored_is_swept_up(stores: Stores) -> None:
    rig = Rig(stores, [["Said", Pause(0.01), " this"], "next"])
    store = ForgetfulStore(stores)
    rig.engine._store = store  # type: ignore[assignment]
    turn = (await rig.start("1", stream=True)).turn
    ended = asyncio.create_task(rig.engine.wait(ME, turn.id))
    waiting = (await rig.start("2", conversation_id=turn.conversation_id)).turn
    with pytest.raises(StorageFull):
        await ended
    store.works = True
    assert await rig.engine.sweep() == 0, "one sighting is not enough"
    assert await rig.engine.sweep() == 1
    assert (await rig.engine.wait(ME, waiting.id)).text == "next"
    lost = await rig.engine.find(ME, turn.id)
    assert lost.turn.state is State.INTERRUPTED
    assert lost.text == "Said this"
    assert await rig.engine.sweep() == 0


class UnheardStore:
    """Does what it is asked, and says so but for the calls of one method whose places, counted from
    1, are in `unheard`."""

    def __init__(self, stores: Stores, method: str, *unheard: int):
        self._turns = stores.turns
        self._method = method
        self._unheard = unheard
        self._calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._turns, name)
        if name != self._method:
            return found

        async def call(*arguments: Any) -> Any:
            result = await found(*arguments)
            self._calls += 1
            if self._calls in self._unheard:
                raise StorageError("The connection broke.")
            return result

        return call


@pytest.mark.usefixtures("quick_pauses")
async def test_a_turn_that_left_its_queue_unheard_is_begun(stores: Stores) -> None:
    rig = Rig(stores, [["Said", Pause(0.01), " this"], "next"])
    rig.engine._store = UnheardStore(stores, "end", 1)
    turn = (await rig.start("1", stream=True)).turn
    waiting = (await rig.start("2", conversation_id=turn.conversation_id)).turn
    assert (await rig.engine.wait(ME, turn.id)).text == "Said this"
    assert [await rig.engine.sweep() for _ in range(3)] == [0, 1, 0]
    async with asyncio.timeout(5):
        assert (await rig.engine.wait(ME, waiting.id)).text == "next"
    assert await rig.said(turn) == ["1", "Said this", "2", "next"]


async def test_a_turn_that_was_stopped_in_its_queue_unheard_ends(stores: Stores) -> None:
    rig = Rig(stores, [["Said", Pause()]])
    rig.engine._store = UnheardStore(stores, "stop_queued", 1)
    turn = (await rig.start("1", stream=True)).turn
    waiting = (await rig.start("2", conversation_id=turn.conversation_id)).turn
    with pytest.raises(StorageError):
        await rig.engine.stop(ME, waiting.id)
    assert [await rig.engine.sweep() for _ in range(3)] == [0, 1, 0]
    async with asyncio.timeout(5):
        assert (await rig.engine.stop(ME, waiting.id)).turn.state is State.STOPPED
    assert rig.engine.open_turns == 1
    await rig.engine.stop(ME, turn.id)


async def test_a_log_that_got_more_than_was_heard_of_is_numbered_on(stores: Stores) -> None:
    rig = Rig(stores, [cycle(["endless", Pause(0.01)])])
    rig.engine._store = UnheardStore(stores, "append", 2)
    turn = (await rig.start(stream=True)).turn
    told = [await rig.events(turn), await rig.events(turn)]
    ended = await rig.engine.wait(ME, turn.id)
    assert ended.turn.state is State.FAILED
    for events in told:
        assert [each.number for each in events] == list(range(1, len(events) + 1))
        assert text_of(events) == ended.text


async def test_a_whole_answer_needs_no_log(stores: Stores) -> None:
    rig = Rig(stores, [["a", Pause(0.02), "b"]])
    rig.engine._store = UnheardStore(stores, "append", 2)
    turn = (await rig.start(stream=True)).turn
    events = await rig.events(turn)
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    assert text_of(events) == "ab"
    ended = await rig.engine.wait(ME, turn.id)
    assert (ended.turn.state, ended.text) == (State.COMPLETED, "ab")


async def test_nothing_is_left_behind(stores: Stores) -> None:
    rig = Rig(stores, lambda request: ["a", Pause(0.001), "b"])
    before = len(asyncio.all_tasks())

    async def vanish(number: int) -> None:
        turn = (await rig.start(stream=True)).turn
        followed = rig.engine.follow(ME, turn.id, START, 3600)
        for _ in range(number % 4):
            await anext(followed)
        await followed.aclose()

    await asyncio.gather(*(vanish(number) for number in range(200)))
    while rig.engine.open_turns:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before
    assert all(ending.state is State.COMPLETED for ending in rig.ended.endings)
    assert len(rig.ended.endings) == 200


class FullStore(ForgetfulStore):
    """Takes some events, and then no more until it is told to."""

    room = 1

    async def append(self, turn: Turn, events: Sequence[Numbered]) -> None:
        if self.room == 0:
            raise StorageFull("The disk is full.")
        self.room -= 1
        await self._turns.append(turn, events)


@pytest.mark.parametrize("breaks", [True, False])
async def test_what_the_log_did_not_take_is_one_more_event(stores: Stores, breaks: bool) -> None:
    end = [ModelFailed("It broke.")] if breaks else []
    rig = Rig(stores, [["Said", Pause(0.01), " this", Pause(0.01), *end]])
    store = FullStore(stores)
    store.works = True
    rig.engine._store = store  # type: ignore[assignment]
    turn = (await rig.start(stream=True)).turn
    live = await rig.events(turn)
    assert text_of(live) == "Said this"
    # An answer that is whole is stored with its end, whatever the log took of it.
    assert any(isinstance(each.event, ErrorRaised) for each in live) == breaks
    assert [each.number for each in live] == list(range(1, len(live) + 1))
    assert await rig.events(turn) == live
    assert await rig.events(turn, Cursor(2, 4)) == live[2:]
