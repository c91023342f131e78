"""What every store of conversations, keys and accounts does, over each kind of database."""

import pytest
from tests.contract.test_turn_store import COMPLETED, begin, start
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.store import Stores

from parlez.core.errors import Conflict, NotFound, StorageError
from parlez.core.identity import Right, Scope
from parlez.core.keys import ApiKey, KeyKind
from parlez.core.messages import Role, State


async def test_history_is_read_page_by_page(stores: Stores) -> None:
    turn = await begin(stores, "0")
    for number in range(1, 5):
        await stores.turns.end(turn, COMPLETED)
        turn = await begin(stores, str(number), turn.conversation_id)
    await stores.turns.end(turn, COMPLETED)
    read: list[str] = []
    before = None
    while True:
        page = await stores.conversations.history(ME, turn.conversation_id, 3, before)
        read = [message.content for message in page.messages] + read
        before = page.before
        if before is None:
            break
    assert read == [text for number in range(5) for text in (str(number), "answer")]
    assert page.conversation.message_count == 10


async def test_history_leaves_out_what_is_not_said_yet(stores: Stores) -> None:
    turn = await begin(stores, "first")
    await begin(stores, "waits", turn.conversation_id)
    page = await stores.conversations.history(ME, turn.conversation_id, 10, None)
    [message] = page.messages
    assert (message.role, message.content, message.state) == (Role.USER, "first", State.COMPLETED)
    assert page.conversation.message_count == 1


async def test_history_is_nobody_elses(stores: Stores) -> None:
    turn = await begin(stores)
    other = await begin(stores)
    for scope, conversation_id, before in (
        (SOMEBODY_ELSE, turn.conversation_id, None),
        (ME, "none", None),
        (ME, turn.conversation_id, other.user_message_id),
    ):
        with pytest.raises(NotFound):
            await stores.conversations.history(scope, conversation_id, 10, before)


async def test_open_turns_are_told_with_the_running_one_last(stores: Stores) -> None:
    turn = await begin(stores)
    waiting = [await begin(stores, str(n), turn.conversation_id) for n in range(3)]
    opened = await stores.conversations.open_turns(ME, turn.conversation_id)
    assert opened == [*(each.id for each in waiting), turn.id]
    with pytest.raises(NotFound):
        await stores.conversations.open_turns(SOMEBODY_ELSE, turn.conversation_id)


async def test_deleting_leaves_nothing_and_nothing_else_goes(stores: Stores) -> None:
    turn = (await start(stores, key="k")).turn
    other = await begin(stores, "other")
    with pytest.raises(Conflict):
        await stores.conversations.delete(ME, turn.conversation_id)
    await stores.turns.end(turn, COMPLETED)
    with pytest.raises(NotFound):
        await stores.conversations.delete(SOMEBODY_ELSE, turn.conversation_id)
    await stores.conversations.delete(ME, turn.conversation_id)
    for gone in (
        stores.conversations.delete(ME, turn.conversation_id),
        stores.conversations.history(ME, turn.conversation_id, 10, None),
        stores.turns.find(ME, turn.id),
        start(stores, key="k"),
        start(stores, "more", turn.conversation_id),
    ):
        with pytest.raises(NotFound):
            await gone
    assert (await stores.turns.find(ME, other.id)).state is State.RUNNING


def key(key_id: str, scope: Scope, time: int) -> ApiKey:
    rights = frozenset({Right.DATA, Right.KEYS})
    return ApiKey(key_id, scope.account_id, "name", KeyKind.PARLEZ, rights, time, None, None, None)


async def test_keys_are_kept_found_and_revoked(stores: Stores) -> None:
    me = Scope((await stores.accounts.first()).id)
    keys = [key(f"key{number}", me, number) for number in range(3)]
    for each in reversed(keys):
        await stores.keys.create(me, each, f"hash of {each.id}")
    assert await stores.keys.list(me) == keys
    assert await stores.keys.list(SOMEBODY_ELSE) == []
    found = await stores.keys.find("key1")
    assert found is not None
    assert (found.key, found.secret_hash) == (keys[1], "hash of key1")
    assert await stores.keys.find("none") is None
    await stores.keys.touch("key1", 77)
    with pytest.raises(NotFound):
        await stores.keys.revoke(SOMEBODY_ELSE, "key1", 88)
    revoked = await stores.keys.revoke(me, "key1", 88)
    assert (revoked.last_used_at, revoked.revoked_at) == (77, 88)
    assert (await stores.keys.revoke(me, "key1", 99)).revoked_at == 88


async def test_a_key_is_stored_once(stores: Stores) -> None:
    me = Scope((await stores.accounts.first()).id)
    await stores.keys.create(me, key("one", me, 0), "first")
    with pytest.raises(StorageError):
        await stores.keys.create(me, key("one", me, 0), "second")


async def test_there_is_no_key_without_an_account(stores: Stores) -> None:
    with pytest.raises(NotFound):
        await stores.keys.create(ME, key("one", ME, 0), "first")
    assert await stores.keys.find("one") is None


async def test_there_is_one_first_account(stores: Stores) -> None:
    first = await stores.accounts.first()
    assert not first.has_password
    assert await stores.accounts.take_possession("ada", "hash")
    assert not await stores.accounts.take_possession("eve", "other")
    again = await stores.accounts.first()
    assert (again.id, again.has_password) == (first.id, True)
    made = {await stores.accounts.create("free") for _ in range(3)}
    assert len(made) == 3
    assert first.id not in made


async def test_a_secret_stays_what_it_was_first(stores: Stores) -> None:
    assert await stores.accounts.secret("name", "first") == "first"
    assert await stores.accounts.secret("name", "second") == "first"
    assert await stores.accounts.secret("other", "second") == "second"
