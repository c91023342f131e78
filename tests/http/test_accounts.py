"""Managing accounts: roles, tiers, disabling, and the end of everything of one."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import TextClause, text
from tests.support.people import PASSWORD, Browser, key_of, machine, member, owner
from tests.support.server import Running, run_server
from tests.support.vendor import Reply, Vendor

from parlez.core.errors import StorageError
from parlez.core.identity import Right, Scope
from parlez.core.turns import TurnRequest
from parlez.storage.connection import Connection, Row
from parlez.storage.tables import metadata

START = {"user_id": "1", "message": "Hi"}


@pytest.fixture
async def parlez(
    data_dir: Path, vendor: Vendor, server_database: str | None
) -> AsyncIterator[Running]:
    fields = {"openai_api_key": "sk-test", "openai_base_url": vendor.url}
    async with run_server(data_dir, database_url=server_database, **fields) as running:
        yield running


async def test_accounts_are_listed_page_by_page(parlez: Running) -> None:
    ada = await owner(parlez)
    grace = await member(parlez)
    nameless = [await parlez.services.accounts.create_nameless() for _ in range(3)]
    listed: list[dict[str, Any]] = []
    after = ""
    while True:
        page = (await ada.call("GET", f"/api/accounts?limit=2{after}")).body
        listed += page["accounts"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    ids = [ada.account["id"], grace.account["id"], *(scope.account_id for scope in nameless)]
    assert [account["id"] for account in listed] == ids
    assert [account["username"] for account in listed] == ["ada", "grace", None, None, None]
    assert [account["role"] for account in listed[:2]] == ["owner", "member"]
    assert (await ada.call("GET", "/api/accounts?limit=0")).status == 400


async def test_a_tier_takes_effect_at_once(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    key = Browser(parlez, await key_of(parlez, grace.scope))
    path = f"/api/accounts/{grace.account['id']}"
    for user in (grace, key):
        for _ in range(5):
            assert (await user.call("POST", "/conversations/start", START)).status == 200
    for user in (grace, key):
        assert (await user.call("POST", "/conversations/start", START)).status == 429
    assert (await ada.call("PATCH", path, {"tier": None})).body["tier"] is None
    for user in (grace, key):
        assert (await user.call("POST", "/conversations/start", START)).status == 200
    assert (await ada.call("PATCH", path, {"tier": "Platinum"})).status == 400
    changed = await ada.call("PATCH", path, {})
    assert changed.body["tier"] is None, "what is not sent stays"


async def test_a_role_takes_effect_at_once(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    key = Browser(parlez, await key_of(parlez, grace.scope))
    path = f"/api/accounts/{grace.account['id']}"
    for user in (grace, key):
        assert (await user.call("GET", "/api/accounts")).status == 403
    assert (await ada.call("PATCH", path, {"role": "owner"})).status == 200
    for user in (grace, key):
        assert (await user.call("GET", "/api/accounts")).status == 200
    assert (await ada.call("PATCH", path, {"role": "member"})).status == 200
    for user in (grace, key):
        assert (await user.call("GET", "/api/accounts")).status == 403


async def test_an_owner_reads_nobodys_messages(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    said = await grace.call("POST", "/conversations/start", START)
    path = f"/conversations/{said.headers['parlez-conversation-id']}"
    assert (await grace.call("GET", path)).status == 200
    assert (await ada.call("GET", path)).status == 404


async def test_a_disabled_account_is_shut_out_until_it_is_enabled(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    key = Browser(parlez, await key_of(parlez, grace.scope))
    path = f"/api/accounts/{grace.account['id']}"
    shut = await ada.call("PATCH", path, {"disabled": True})
    assert shut.body["disabled_at"] is not None
    assert (await ada.call("PATCH", path, {"disabled": True})).body == shut.body
    for user in (grace, key):
        assert (await user.call("GET", "/api/auth/me")).status == 401
    assert (await Browser(parlez).sign_in("grace", "a wrong password")).status == 401
    assert (await Browser(parlez).sign_in("grace")).status == 403
    assert (await ada.call("PATCH", path, {"disabled": False})).body["disabled_at"] is None
    for user in (grace, key):
        assert (await user.call("GET", "/api/auth/me")).status == 200


async def test_there_is_always_an_owner(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    mine, theirs = (f"/api/accounts/{user.account['id']}" for user in (ada, grace))
    for change in ({"role": "member"}, {"disabled": True}):
        assert (await ada.call("PATCH", mine, change)).status == 409
    leaving = {"password": PASSWORD}
    assert (await ada.call("DELETE", "/api/account", leaving)).status == 409
    assert (await ada.call("GET", "/api/auth/me")).body["account"]["role"] == "owner"
    assert (await ada.call("PATCH", theirs, {"role": "owner"})).status == 200
    dismissed = await asyncio.gather(
        ada.call("PATCH", theirs, {"role": "member"}),
        grace.call("PATCH", mine, {"role": "member"}),
    )
    done, refused = sorted(answer.status for answer in dismissed)
    # Who is dismissed before the call arrives may not dismiss anybody.
    assert (done, refused in (403, 409)) == (200, True)


async def test_the_machine_acts_as_an_owner_who_is_there(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    path = f"/api/accounts/{grace.account['id']}"
    assert (await ada.call("PATCH", path, {"role": "owner"})).status == 200
    assert (await ada.call("DELETE", "/api/account", {"password": PASSWORD})).status == 200
    me = await parlez.call("GET", "/api/auth/me", headers=machine(parlez))
    assert me.body["account"]["username"] == "grace"
    assert (await parlez.call("GET", "/api/auth/me")).status == 401, "there still is an owner"


async def test_whoever_cannot_sign_in_is_no_owner(parlez: Running) -> None:
    """Else the owner could leave, and whoever sits at the machine would be the owner again."""
    ada = await owner(parlez)
    nameless = await parlez.services.accounts.create_nameless()
    path = f"/api/accounts/{nameless.account_id}"
    assert (await ada.call("PATCH", path, {"role": "owner"})).status == 400
    assert (await ada.call("PATCH", path, {"role": "member"})).status == 200


async def rows_of(parlez: Running, scope: Scope) -> dict[str, int]:
    """How many rows of an account each table has, whichever tables there are."""
    database = parlez.services.accounts._store._database  # type: ignore[attr-defined]
    counted = {}
    for table in metadata.tables.values():
        column = table.columns.get("account_id", table.columns.get("id"))
        if column is not None:
            query = text(f"SELECT 1 FROM {table.name} WHERE {column.name} = :account_id")
            found = await database.read(partial(_all, query, scope.account_id))
            counted[table.name] = len(found)
    return counted


def _all(query: TextClause, account_id: str, c: Connection) -> list[Row]:
    return c.all(query, account_id=account_id)


async def test_deleting_an_account_leaves_nothing_of_it(parlez: Running, vendor: Vendor) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    key = Browser(parlez, await key_of(parlez, grace.scope, frozenset(Right)))
    for user in (ada, grace, key):
        for _ in range(3):
            assert (await user.call("POST", "/conversations/start", START)).status == 200
    vendor.reply = lambda text: Reply(["never"], gate=asyncio.Event())
    running = asyncio.create_task(grace.call("POST", "/conversations/start", START))
    while not parlez.services.engine.open_turns:
        await asyncio.sleep(0.01)
    before = await rows_of(parlez, ada.scope)
    for body in ({}, {"confirm": "grace"}, {"password": "wrong password"}):
        assert (await grace.call("DELETE", "/api/account", body)).status in (400, 403)
    gone = await grace.call("DELETE", "/api/account", {"password": PASSWORD})
    assert gone.status == 200
    assert (
        gone.body["erased"].items()
        >= {
            "account": 1,
            "api_key": 1,
            "conversation": 7,
            "session": 1,
            "turn": 7,
        }.items()
    )
    await running
    assert parlez.services.engine.open_turns == 0
    assert set((await rows_of(parlez, grace.scope)).values()) == {0}
    assert await rows_of(parlez, ada.scope) == before
    for user in (grace, key):
        assert (await user.call("GET", "/api/auth/me")).status == 401
    assert (await Browser(parlez).sign_in("grace")).status == 401
    assert (await member(parlez)).account["id"] != grace.account["id"], "the name is free"


async def test_a_key_with_the_scope_confirms_by_name(parlez: Running) -> None:
    await owner(parlez)
    grace = await member(parlez)
    key = Browser(parlez, await key_of(parlez, grace.scope, frozenset({Right.ACCOUNT})))
    for body in ({}, {"confirm": "ada"}, {"password": PASSWORD}):
        assert (await key.call("DELETE", "/api/account", body)).status == 400
    assert (await key.call("DELETE", "/api/account", {"confirm": "grace"})).status == 200
    nameless = await parlez.services.accounts.create_nameless()
    key = Browser(parlez, await key_of(parlez, nameless))
    body = {"confirm": nameless.account_id}
    assert (await key.call("DELETE", "/api/account", body)).status == 200


async def test_an_owner_deletes_another_account(parlez: Running) -> None:
    ada, grace = await owner(parlez), await member(parlez)
    path = f"/api/accounts/{grace.account['id']}"
    gone = await ada.call("DELETE", path)
    assert (gone.status, gone.body) == (200, {"erased": {"account": 1, "session": 1}})
    assert set((await rows_of(parlez, grace.scope)).values()) == {0}
    assert (await ada.call("DELETE", path)).status == 404
    assert (await ada.call("PATCH", path, {"role": "owner"})).status == 404
    assert (await ada.call("DELETE", f"/api/accounts/{ada.account['id']}")).status == 409


async def test_a_request_under_way_leaves_nothing_behind_either(parlez: Running) -> None:
    """It was let in before, and stores something afterwards."""
    ada, grace = await owner(parlez), await member(parlez)
    await ada.call("DELETE", f"/api/accounts/{grace.account['id']}")
    late = await parlez.services.engine.start(grace.scope, TurnRequest("late"))
    await parlez.services.engine.wait(grace.scope, late.turn.id)
    assert (await rows_of(parlez, grace.scope))["turn"] == 1
    accounts = parlez.services.accounts
    await accounts.erase_again()
    assert (await rows_of(parlez, grace.scope))["turn"] == 1, "not at once"
    accounts._erased[grace.account["id"]] -= 60_000_000
    await accounts.erase_again()
    assert set((await rows_of(parlez, grace.scope)).values()) == {0}


async def test_an_account_that_cannot_be_erased_now_is_let_in_again(
    parlez: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner(parlez)
    grace = await member(parlez)

    async def refuse(scope: Scope) -> None:
        assert (await grace.call("GET", "/api/auth/me")).status == 401
        raise StorageError("not now")

    monkeypatch.setattr(parlez.services.accounts._store, "erase", refuse)
    answer = await grace.call("DELETE", "/api/account", {"password": PASSWORD})
    assert answer.status == 503
    assert (await grace.call("GET", "/api/auth/me")).status == 200
