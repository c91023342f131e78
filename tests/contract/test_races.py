"""What happens at the same moment, over each kind of database: as if it had happened one after the
other. On PostgreSQL several sessions really meet; SQLite's one writer is the measure."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import Any

import pytest
from sqlalchemy import text
from tests.contract.test_turn_store import COMPLETED, begin, start
from tests.support.engine import ME, Rig
from tests.support.store import Stores

from parlez.core.errors import Conflict, NotFound, QueueFull
from parlez.core.events import Numbered, TextDelta
from parlez.core.messages import State
from parlez.core.turns import Ending, Turn
from parlez.storage.connection import Connection

ROUNDS = 40

_TURNS = text("SELECT state, count(*) FROM turn WHERE conversation_id = :id GROUP BY state")
_POSITIONS = text("SELECT position FROM turn WHERE conversation_id = :id ORDER BY position")
_COUNTS = text("SELECT turn_count, message_count FROM conversation WHERE id = :id")
_LEFT = text("""
    SELECT (SELECT count(*) FROM conversation WHERE id = :id)
        + (SELECT count(*) FROM turn WHERE conversation_id = :id)
        + (SELECT count(*) FROM message WHERE conversation_id = :id)
""")


async def at_once(*calls: Awaitable[Any]) -> list[Any]:
    """What became of calls that were made in any order at the same time."""
    mixed = list(enumerate(calls))
    random.shuffle(mixed)
    done = await asyncio.gather(*(call for _, call in mixed), return_exceptions=True)
    return [result for _, result in sorted(zip((place for place, _ in mixed), done, strict=True))]


def kinds(results: Iterable[Any]) -> Counter[type]:
    return Counter(type(result) for result in results)


async def check(stores: Stores, conversation_id: str) -> Counter[str]:
    """The states of a conversation's turns, once it is known that nothing contradicts itself."""

    def look(c: Connection) -> tuple[Counter[str], list[int], Any]:
        states = Counter({row[0]: row[1] for row in c.all(_TURNS, id=conversation_id)})
        positions = [row[0] for row in c.all(_POSITIONS, id=conversation_id)]
        return states, positions, c.one(_COUNTS, id=conversation_id)

    states, positions, counts = await stores.database.read(look)
    assert states["running"] <= 1
    assert states["running"] == 1 or not states["queued"], "what waits waits for one that runs"
    assert positions == list(range(1, len(positions) + 1))
    page = await stores.conversations.history(ME, conversation_id, 1_000, None)
    assert counts == (len(positions), len(page.messages))
    return states


async def test_many_starts_in_an_idle_conversation(stores: Stores) -> None:
    turn = await begin(stores)
    await stores.turns.end(turn, COMPLETED)
    for _ in range(ROUNDS // 4):
        started = await asyncio.gather(
            *(begin(stores, str(n), turn.conversation_id) for n in range(8))
        )
        assert Counter(each.state for each in started) == {State.RUNNING: 1, State.QUEUED: 7}
        await check(stores, turn.conversation_id)
        running: Turn | None = next(each for each in started if each.state is State.RUNNING)
        while running is not None:
            running = await stores.turns.end(running, COMPLETED)
        assert set(await check(stores, turn.conversation_id)) == {"completed"}


async def test_as_many_wait_as_may_and_no_more(stores: Stores) -> None:
    turn = await begin(stores)
    results = await at_once(*(begin(stores, str(n), turn.conversation_id) for n in range(40)))
    assert kinds(results) == {Turn: 16, QueueFull: 24}
    assert await check(stores, turn.conversation_id) == {"running": 1, "queued": 16}


async def test_a_start_meets_the_end_of_the_turn_before(stores: Stores) -> None:
    running = await begin(stores)
    for number in range(ROUNDS):
        promoted, started = await at_once(
            stores.turns.end(running, COMPLETED),
            begin(stores, str(number), running.conversation_id),
        )
        if started.state is State.QUEUED:
            assert promoted is not None, "it would wait forever"
            assert promoted.id == started.id
        else:
            assert promoted is None
        await check(stores, running.conversation_id)
        running = promoted or started


async def test_a_stop_meets_a_promotion(stores: Stores) -> None:
    running = await begin(stores)
    for number in range(ROUNDS):
        waiting = await begin(stores, str(number), running.conversation_id)
        promoted, stopped = await at_once(
            stores.turns.end(running, COMPLETED), stores.turns.stop_queued(ME, waiting.id)
        )
        assert stopped == (promoted is None), "it is stopped or started, not both and not neither"
        await check(stores, running.conversation_id)
        running = promoted or await begin(stores, "next", running.conversation_id)


async def test_two_stops_of_one_turn(stores: Stores) -> None:
    running = await begin(stores)
    for number in range(ROUNDS // 4):
        waiting = await begin(stores, str(number), running.conversation_id)
        stops = [stores.turns.stop_queued(ME, waiting.id) for _ in range(4)]
        assert Counter(await at_once(*stops)) == {True: 1, False: 3}
        await check(stores, running.conversation_id)


async def test_a_key_is_claimed_once(stores: Stores) -> None:
    for number in range(ROUNDS // 4):
        results = await at_once(*(start(stores, key=str(number)) for _ in range(8)))
        assert Counter(result.created for result in results) == {True: 1, False: 7}
        assert len({result.turn.id for result in results}) == 1
    assert len(await stores.turns.open_turns()) == ROUNDS // 4


async def test_a_key_is_claimed_once_in_one_conversation(stores: Stores) -> None:
    turn = await begin(stores)
    results = await at_once(
        *(start(stores, "x", turn.conversation_id, key=str(n % 5)) for n in range(25))
    )
    assert sum(result.created for result in results) == 5
    assert await check(stores, turn.conversation_id) == {"running": 1, "queued": 5}


async def test_a_failed_turn_is_tried_again_once(stores: Stores) -> None:
    turn = (await start(stores, key="k")).turn
    for attempt in range(2, ROUNDS // 4):
        await stores.turns.end(turn, Ending(State.FAILED, "error"))
        results = await at_once(*(start(stores, key="k") for _ in range(6)))
        assert Counter(result.created for result in results) == {True: 1, False: 5}
        [turn_id] = {result.turn.id for result in results}
        turn = await stores.turns.find(ME, turn_id)
        assert (turn.attempt, turn.state) == (attempt, State.RUNNING)
        await check(stores, turn.conversation_id)


async def test_a_delete_meets_a_start(stores: Stores) -> None:
    for _ in range(ROUNDS):
        turn = await begin(stores)
        await stores.turns.end(turn, COMPLETED)
        deleted, started = await at_once(
            stores.conversations.delete(ME, turn.conversation_id),
            begin(stores, "more", turn.conversation_id),
        )
        if isinstance(started, Turn):
            assert isinstance(deleted, Conflict)
            await check(stores, turn.conversation_id)
        else:
            assert isinstance(started, NotFound)
            assert deleted is None
            left = await stores.database.read(lambda c: c.one(_LEFT, id=turn.conversation_id))  # noqa: B023
            assert left == (0,)


async def test_a_delete_meets_another_and_an_end(stores: Stores) -> None:
    for _ in range(ROUNDS // 2):
        turn = await begin(stores)
        first, second, ended = await at_once(
            stores.conversations.delete(ME, turn.conversation_id),
            stores.conversations.delete(ME, turn.conversation_id),
            stores.turns.end(turn, COMPLETED),
        )
        assert ended is None
        assert kinds([first, second]) in (
            {Conflict: 2},
            {Conflict: 1, type(None): 1},
            {NotFound: 1, type(None): 1},
        )


async def test_two_ends_of_one_turn(stores: Stores) -> None:
    running = await begin(stores)
    for number in range(ROUNDS):
        waiting = await begin(stores, str(number), running.conversation_id)
        results = await at_once(
            stores.turns.end(running, COMPLETED),
            stores.turns.end(running, Ending(State.STOPPED, "stopped", text="stopped")),
            stores.turns.interrupt(running, "lost"),
        )
        [promoted] = [result for result in results if result is not None]
        assert promoted.id == waiting.id
        await check(stores, running.conversation_id)
        running = promoted


async def test_an_interruption_meets_events(stores: Stores) -> None:
    """Whatever was logged is in the text that is kept, and what was not is in neither."""
    for _ in range(ROUNDS):
        turn = await begin(stores)
        *appended, promoted = await at_once(
            stores.turns.append(turn, [Numbered(2, 1, TextDelta("a"))]),
            stores.turns.interrupt(turn, "lost"),
        )
        assert promoted is None
        logged = await stores.turns.events(ME, turn.id, 0, 10)
        ended = await stores.turns.answer(ME, turn.id)
        assert ended.turn.state is State.INTERRUPTED
        assert kinds(appended) == {type(None) if logged else Conflict: 1}
        assert ended.text == ("a" if logged else "")
        assert ended.turn.log_end == (2 if logged else 1)


async def test_pruning_meets_ends(stores: Stores) -> None:
    for _ in range(ROUNDS // 4):
        turns = [await begin(stores) for _ in range(4)]
        for turn in turns:
            await stores.turns.append(turn, [Numbered(2, 1, TextDelta("a"))])
        later = stores.clock.time + 1
        results = await at_once(
            *(stores.turns.end(turn, COMPLETED) for turn in turns),
            stores.turns.prune(later, later, later),
            stores.turns.prune(later, later, later),
        )
        assert kinds(results) == {type(None): 6}
        await stores.turns.prune(later, later, later)
        assert await stores.database.read(
            lambda c: c.one(text("SELECT count(*) FROM turn_event"))
        ) == (0,)


async def test_the_first_account_and_a_secret_are_made_once(stores: Stores) -> None:
    accounts = await at_once(*(stores.accounts.first() for _ in range(8)))
    assert len({account.id for account in accounts}) == 1
    proposed = (stores.accounts.secret("name", str(n)) for n in range(8))
    assert len(set(await at_once(*proposed))) == 1
    taken = await at_once(*(stores.accounts.take_possession(str(n), "hash") for n in range(8)))
    assert Counter(taken) == {True: 1, False: 7}


@pytest.mark.parametrize("stream", [True, False])
async def test_a_crowd_in_few_conversations(stores: Stores, stream: bool) -> None:
    """Everything at once, through the engine: each message is answered or stopped, in order."""
    rig = Rig(stores, lambda request: ["so ", request.messages[-1].content])
    firsts = [(await rig.say("first")).turn for _ in range(3)]
    answered: Counter[str] = Counter()

    async def talk(number: int) -> None:
        first = firsts[number % 3]
        fields = {"conversation_id": first.conversation_id, "stream": stream}
        for step in range(3):
            said = f"{number}.{step}"
            while True:
                try:
                    started = await rig.start(said, key=said, **fields)
                    break
                except QueueFull:
                    await asyncio.sleep(0.001)
            if number % 4 == 0:
                ended = await rig.engine.stop(ME, started.turn.id)
            else:
                ended = await rig.engine.wait(ME, started.turn.id)
                assert ended.text == f"so {said}"
            answered[ended.turn.state] += 1

    await asyncio.gather(*(talk(number) for number in range(24)))
    assert sum(answered.values()) == 72
    assert set(answered) <= {State.COMPLETED, State.STOPPED}
    for first in firsts:
        assert set(await check(stores, first.conversation_id)) <= {"completed", "stopped"}
        said = await rig.said(first)
        asked = [message for message in said if message[0].isdigit()]
        for talker in {message.split(".")[0] for message in asked}:
            steps = [message for message in asked if message.split(".")[0] == talker]
            assert steps == sorted(steps), "each talker's messages are in the order they were sent"
        for place, answer in enumerate(said):
            if answer.startswith("so "):
                assert said[place - 1].startswith(answer[3:5])
    assert rig.engine.open_turns == 0
