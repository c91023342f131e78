"""Where an app's visitors stand, over each kind of database: in their own conversation alone."""

import asyncio

import pytest
from tests.contract.test_turn_store import COMPLETED
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.store import Stores

from parlez.core.conversation_list import ListQuery
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ports.turn_store import Started
from parlez.core.turns import IdempotencyKey, Payer, TurnRequest

FIRST = Scope(ME.account_id, "app", "first")
SECOND = Scope(ME.account_id, "app", "second")
ELSEWHERE = Scope(ME.account_id, "other app", "first")
FOREIGN = Scope(SOMEBODY_ELSE.account_id, "app", "first")
OTHERS = (SECOND, ELSEWHERE, FOREIGN, SOMEBODY_ELSE)


async def say(
    stores: Stores, scope: Scope, conversation_id: str | None = None, key: str | None = None
) -> Started:
    request = TurnRequest("Hi", conversation_id, user_label="app:1", recalls=False)
    idempotency = IdempotencyKey("route", key, "fingerprint") if key else None
    return await stores.turns.start(scope, request, "model", idempotency, Payer())


def test_what_a_scope_covers() -> None:
    for scope in (FIRST, *OTHERS, ME):
        assert scope.covers(scope)
        assert scope.account.covers(scope)
    for other in OTHERS:
        assert not FIRST.covers(other)
        assert not other.covers(FIRST)
    assert ME.covers(FIRST)
    assert not FIRST.covers(ME)


async def test_a_visitor_goes_on_in_its_conversation(stores: Stores) -> None:
    started = await say(stores, FIRST)
    turn = started.turn
    assert (turn.scope, turn.recalls) == (FIRST, False)
    assert await stores.turns.find(FIRST, turn.id) == turn
    waiting = (await say(stores, FIRST)).turn
    assert waiting.conversation_id == turn.conversation_id
    promoted = await stores.turns.end(turn, COMPLETED)
    assert promoted is not None
    assert (promoted.id, promoted.scope) == (waiting.id, FIRST)
    for other in (SECOND, ELSEWHERE, FOREIGN):
        begun = (await say(stores, other)).turn
        assert begun.conversation_id != turn.conversation_id
    by_owner = (await say(stores, ME, turn.conversation_id)).turn
    assert by_owner.scope == ME
    page = await stores.conversations.browse(ME, ListQuery("app:1"))
    assert len(page.conversations) == page.total == 3


async def test_nobody_else_finds_what_is_a_visitors(stores: Stores) -> None:
    turn = (await say(stores, FIRST)).turn
    await stores.turns.end(turn, COMPLETED)
    assert (await stores.turns.answer(ME, turn.id)).text == "answer"
    assert (await stores.conversations.find(ME, turn.conversation_id, None)).visitor == "first"
    of_owner = (await say(stores, ME, turn.conversation_id)).turn
    for scope, turn_id in (*((other, turn.id) for other in OTHERS), (FIRST, of_owner.id)):
        for look in (stores.turns.find, stores.turns.answer, stores.turns.stop_queued):
            with pytest.raises(NotFound):
                await look(scope, turn_id)
    for other in OTHERS:
        with pytest.raises(NotFound):
            await stores.conversations.find(other, turn.conversation_id, None)
        with pytest.raises(NotFound):
            await stores.conversations.history(other, turn.conversation_id, 10, None)
        with pytest.raises(NotFound):
            await say(stores, other, turn.conversation_id)
    said = await stores.conversations.visits(FIRST, 10)
    assert [message.content for message in said] == ["Hi", "answer"]
    assert await stores.conversations.visits(SECOND, 10) == []


async def test_a_visitors_keys_are_its_own(stores: Stores) -> None:
    first = await say(stores, FIRST, key="k")
    again = await say(stores, FIRST, key="k")
    assert (again.created, again.turn.id) == (False, first.turn.id)
    for other in (*OTHERS, ME):
        assert (await say(stores, other, key="k")).created


async def test_first_messages_at_once_begin_one_conversation(stores: Stores) -> None:
    for round_number in range(10):
        visitor = Scope(ME.account_id, "app", f"visitor {round_number}")
        started = await asyncio.gather(*(say(stores, visitor) for _ in range(4)))
        assert len({each.turn.conversation_id for each in started}) == 1
        assert sorted(each.turn.state for each in started) == ["queued"] * 3 + ["running"]
    page = await stores.conversations.browse(ME, ListQuery("app:1"))
    assert page.total == 10


async def test_a_deleted_conversation_is_begun_anew(stores: Stores) -> None:
    turn = (await say(stores, FIRST)).turn
    await stores.turns.end(turn, COMPLETED)
    await stores.conversations.delete(ME, turn.conversation_id)
    assert (await say(stores, FIRST)).turn.conversation_id != turn.conversation_id
