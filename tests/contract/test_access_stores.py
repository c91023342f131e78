"""What every store of accounts, sessions, invitations and keys does about who may come in, over
each kind of database; and that an account's end is the end of all its rows."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Integer, text
from tests.support.store import Stores

from parlez.core.budget import Period, Unit
from parlez.core.errors import Conflict, Forbidden, NotFound
from parlez.core.identity import Right, Role, Scope, Standing
from parlez.core.keys import ApiKey, KeyKind
from parlez.core.ports.account_store import Account
from parlez.core.ports.invitation_store import Invitation
from parlez.core.sessions import Session
from parlez.storage import erasure
from parlez.storage.connection import Connection
from parlez.storage.tables import metadata


async def account(stores: Stores, name: str = "grace") -> Account:
    return await stores.accounts.sign_up(name, f"hash of {name}", "Free", None)


def scope_of(account: Account) -> Scope:
    return Scope(account.id)


async def test_accounts_are_made_found_and_changed(stores: Stores) -> None:
    grace = await account(stores)
    assert (grace.role, grace.tier, grace.disabled_at) == (Role.MEMBER, "Free", None)
    assert await stores.accounts.find(scope_of(grace)) == grace
    login = await stores.accounts.login("grace")
    assert login is not None
    assert (login.account, login.password_hash) == (grace, "hash of grace")
    assert await stores.accounts.login_of(scope_of(grace)) == login
    changed = replace(grace, role=Role.OWNER, tier=None, disabled_at=7)
    await stores.accounts.change(changed)
    assert await stores.accounts.find(scope_of(grace)) == changed
    await stores.accounts.change(grace)
    assert await stores.accounts.find(scope_of(grace)) == grace
    await stores.accounts.set_password(scope_of(grace), "another")
    login = await stores.accounts.login("grace")
    assert login is not None
    assert login.password_hash == "another"


async def test_what_is_no_account_is_not_found(stores: Stores) -> None:
    nowhere = Scope("nowhere")
    with pytest.raises(NotFound):
        await stores.accounts.find(nowhere)
    assert await stores.accounts.login("nobody") is None
    assert await stores.accounts.login_of(nowhere) is None
    nameless = await stores.accounts.create("Free")
    assert (await stores.accounts.find(Scope(nameless))).username is None
    assert await stores.accounts.login(nameless) is None
    assert await stores.accounts.login_of(Scope(nameless)) is None


async def test_a_name_is_given_once(stores: Stores) -> None:
    await account(stores, "grace")
    with pytest.raises(Conflict):
        await account(stores, "grace")
    with pytest.raises(Conflict):
        await stores.accounts.take_possession("grace", "hash")
    assert await stores.accounts.take_possession("ada", "hash")


async def test_the_first_account_is_the_oldest_owner_who_can_act(stores: Stores) -> None:
    first = await stores.accounts.first()
    assert not await stores.accounts.has_other_owner(Scope(first.id))
    stores.clock.time += 1
    grace = await account(stores)
    promoted = replace(grace, role=Role.OWNER)
    await stores.accounts.change(promoted)
    assert await stores.accounts.has_other_owner(Scope(first.id))
    assert (await stores.accounts.first()).id == first.id
    oldest = await stores.accounts.find(Scope(first.id))
    await stores.accounts.change(replace(oldest, disabled_at=1))
    assert (await stores.accounts.first()).id == grace.id
    assert not await stores.accounts.has_other_owner(scope_of(grace))


async def test_accounts_are_listed_in_pages(stores: Stores) -> None:
    made = []
    for number in range(5):
        # Two of each moment.
        stores.clock.time += number % 2
        made.append(await account(stores, str(number)))
    listed: list[Account] = []
    while page := await stores.accounts.list(2, listed[-1].id if listed else None):
        listed += page
    assert sorted(listed, key=lambda each: each.id) == sorted(made, key=lambda each: each.id)
    assert [each.created_at for each in listed] == sorted(each.created_at for each in made)
    assert await stores.accounts.list(2, "nobody") == []


def session(account: Account, number: int) -> Session:
    return Session(f"session{number}", account.id, number, number, number + 100)


async def test_sessions_are_kept_touched_and_ended(stores: Stores) -> None:
    grace, eve = await account(stores, "grace"), await account(stores, "eve")
    for number in range(3):
        kept = session(grace, number)
        assert await stores.sessions.create(scope_of(grace), kept, f"hash {number}", 9) == []
    await stores.sessions.create(scope_of(eve), session(eve, 7), "hash", 9)
    found = await stores.sessions.find("session1")
    assert found is not None
    assert (found.session, found.secret_hash) == (session(grace, 1), "hash 1")
    assert found.standing == Standing(Role.MEMBER, "Free")
    await stores.sessions.touch("session1", 50, 150)
    found = await stores.sessions.find("session1")
    assert found is not None
    assert (found.session.last_used_at, found.session.expires_at) == (50, 150)
    await stores.sessions.delete(scope_of(eve), "session1")
    assert await stores.sessions.find("session1") is not None, "it is another's"
    await stores.sessions.delete(scope_of(grace), "session1")
    assert await stores.sessions.find("session1") is None
    assert await stores.sessions.delete_others(scope_of(grace), "session0") == ["session2"]
    assert await stores.sessions.delete_others(scope_of(grace), None) == ["session0"]
    assert await stores.sessions.find("session7") is not None
    await stores.sessions.prune(106)
    assert await stores.sessions.find("session7") is not None
    await stores.sessions.prune(107)
    assert await stores.sessions.find("session7") is None
    with pytest.raises(NotFound):
        await stores.sessions.create(Scope("nowhere"), session(grace, 8), "hash", 9)


async def test_too_many_sessions_end_those_used_longest_ago(stores: Stores) -> None:
    grace = await account(stores)
    for number in range(3):
        await stores.sessions.create(scope_of(grace), session(grace, number), "hash", 3)
    await stores.sessions.touch("session0", 50, 150)
    ended = await stores.sessions.create(scope_of(grace), session(grace, 60), "hash", 3)
    assert ended == ["session1"]


def invitation(number: int) -> Invitation:
    return Invitation(f"invitation{number}", "name", number, number + 100, None, None)


async def test_invitations_are_kept_used_once_and_revoked(stores: Stores) -> None:
    me = Scope((await stores.accounts.first()).id)
    other = scope_of(await account(stores, "other"))
    for number in range(4):
        await stores.invitations.create(me, invitation(number), f"hash {number}")
    first, second = await stores.invitations.list(me, 2, None)
    assert (first, second) == (invitation(3), invitation(2))
    assert await stores.invitations.list(me, 9, second.id) == [invitation(1), invitation(0)]
    assert await stores.invitations.list(other, 9, None) == []
    assert await stores.invitations.list(other, 9, second.id) == []
    assert await stores.invitations.open_hash("invitation1", 100) == "hash 1"
    assert await stores.invitations.open_hash("invitation1", 101) is None
    stores.clock.time = 99
    made = await stores.accounts.sign_up("grace", "hash", "Free", "invitation1")
    assert made.username == "grace"
    assert await stores.invitations.open_hash("invitation1", 100) is None
    for used_up in ("invitation1", "none"):
        with pytest.raises(Forbidden):
            await stores.accounts.sign_up("eve", "hash", "Free", used_up)
    with pytest.raises(Conflict):
        await stores.accounts.sign_up("grace", "hash", "Free", "invitation2")
    assert await stores.invitations.open_hash("invitation2", 100) == "hash 2", "it is undone"
    with pytest.raises(NotFound):
        await stores.invitations.revoke(other, "invitation2", 5)
    assert (await stores.invitations.revoke(me, "invitation2", 5)).revoked_at == 5
    assert (await stores.invitations.revoke(me, "invitation2", 6)).revoked_at == 5
    assert (await stores.invitations.revoke(me, "invitation1", 6)).revoked_at is None
    assert await stores.invitations.open_hash("invitation2", 100) is None
    await stores.invitations.prune(103)
    assert [each.id for each in await stores.invitations.list(me, 9, None)] == ["invitation3"]
    with pytest.raises(NotFound):
        await stores.invitations.create(Scope("nowhere"), invitation(9), "hash")


def key(key_id: str, scope: Scope, expires_at: int | None) -> ApiKey:
    rights = frozenset({Right.DATA})
    return ApiKey(
        key_id, scope.account_id, "name", KeyKind.PARLEZ, rights, 0, expires_at, None, None
    )


async def test_its_budgets_bound_the_key_in_its_place(stores: Stores) -> None:
    me, now = Scope((await stores.accounts.first()).id), stores.clock.now()
    for name in ("old", "another"):
        await stores.keys.create(me, key(name, me, None), "hash")
    for whose, amount in (("old", 100), ("another", 7), (None, 1_000)):
        await stores.budgets.set(me, whose, Unit.TOKENS, Period.DAY, amount, now)
    await stores.budgets.set(me, "old", Unit.COST, Period.MONTH, 5, now)
    await stores.keys.replace(me, "old", key("new", me, None), "new hash", 50)
    bound = [
        (each.unit, each.period, each.amount)
        for each in await stores.budgets.list(me, now)
        if each.key_id == "new"
    ]
    assert sorted(bound) == [(Unit.COST, Period.MONTH, 5), (Unit.TOKENS, Period.DAY, 100)]
    assert len(await stores.budgets.list(me, now)) == 6


async def test_a_key_is_replaced(stores: Stores) -> None:
    me = Scope((await stores.accounts.first()).id)
    for name, before, after in (("a", None, 50), ("b", 40, 40), ("c", 60, 50)):
        await stores.keys.create(me, key(name, me, before), "hash")
        new = key(f"new {name}", me, None)
        old = await stores.keys.replace(me, name, new, "new hash", 50)
        assert old.expires_at == after
        assert await stores.keys.one(me, f"new {name}") == new
    other = scope_of(await account(stores))
    with pytest.raises(NotFound):
        await stores.keys.one(other, "a")
    with pytest.raises(NotFound):
        await stores.keys.replace(other, "a", key("d", other, None), "hash", 50)
    await stores.keys.revoke(me, "a", 5)
    with pytest.raises(Conflict):
        await stores.keys.replace(me, "a", key("d", me, None), "hash", 50)
    assert await stores.keys.find("d") is None


def fill(c: Connection, account_id: str, rows: int, first: int) -> None:
    """So many rows of an account in every table that has such."""
    for table in erasure.tables():
        names = [column.name for column in table.columns]
        places = ", ".join(f":{name}" for name in names)
        insert = text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})")
        for number in range(first, first + rows):
            row: dict[str, Any] = {
                column.name: number
                if isinstance(column.type, Integer)
                else f"{account_id} {number}"
                for column in table.columns
            }
            c.do(insert, **{**row, "account_id": account_id})


def left(c: Connection, account_id: str) -> dict[str, int]:
    """How often an account stands in each table, in whichever column."""
    found = {}
    for table in metadata.tables.values():
        texts = [column.name for column in table.columns if not isinstance(column.type, Integer)]
        somewhere = " OR ".join(f"{name} LIKE :some" for name in texts)
        query = text(f"SELECT 1 FROM {table.name} WHERE {somewhere}")
        found[table.name] = len(c.all(query, some=f"{account_id}%"))
    return found


async def test_an_accounts_end_is_the_end_of_all_its_rows(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every table that there is; and of nobody else's."""
    monkeypatch.setattr(erasure, "AT_ONCE", 2)
    grace, eve = [scope_of(await account(stores, name)) for name in ("grace", "eve")]
    await stores.database.write(lambda c: fill(c, grace.account_id, 5, 0))
    await stores.database.write(lambda c: fill(c, eve.account_id, 5, 5))
    theirs = await stores.database.read(lambda c: left(c, eve.account_id))
    of_nobody = {"server_secret", "message_embedding"}
    assert {name for name, count in theirs.items() if not count} == of_nobody
    erased = await stores.accounts.erase(grace)
    assert erased == {**{table.name: 5 for table in erasure.tables()}, "account": 1}
    mine = await stores.database.read(lambda c: left(c, grace.account_id))
    assert set(mine.values()) == {0}
    assert await stores.database.read(lambda c: left(c, eve.account_id)) == theirs
    assert await stores.accounts.erase(grace) == {}


def test_no_table_is_forgotten() -> None:
    """Those without an account are the server's own."""
    owned = {table.name for table in erasure.tables()}
    assert set(metadata.tables) - owned == {*("account", "server_secret", "message_embedding")}
    assert [table.name for table in erasure.tables()][-2:] == ["api_key", "session"]
