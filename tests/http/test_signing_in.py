"""Signing in and out: sessions, their cookie, their CSRF token, passwords."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.people import PASSWORD, Browser, hash_quickly, machine, member, owner
from tests.support.server import Running, events_of, run_server
from tests.support.store import TestClock
from tests.support.vendor import Reply, Vendor

from parlez.core.session_ring import IDLE, LONGEST, MOST_SESSIONS

START = {"user_id": "1", "message": "Hi"}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def parlez(data_dir: Path, vendor: Vendor, clock: TestClock) -> AsyncIterator[Running]:
    fields = {"openai_api_key": "sk-test", "openai_base_url": vendor.url}
    async with run_server(data_dir, clock=clock, **fields) as running:
        yield running


async def test_a_session_from_its_beginning_to_its_end(parlez: Running) -> None:
    ada = await owner(parlez)
    again = await ada.sign_in("  ADA ")
    assert again.status == 200
    assert again.body["account"]["username"] == "ada"
    cookie = again.headers["set-cookie"]
    assert cookie.startswith("parlez_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    me = await ada.call("GET", "/api/auth/me")
    assert me.status == 200
    assert (me.body["credential"], me.body["account"]["role"]) == ("session", "owner")
    assert me.body["csrf_token"] == again.body["csrf_token"]
    assert all(me.body["features"].values())
    assert (await ada.call("POST", "/conversations/start", START)).status == 200
    out = await ada.call("POST", "/api/auth/logout")
    assert out.status == 204
    assert 'parlez_session=""' in out.headers["set-cookie"]
    for _ in range(2):
        assert (await ada.call("GET", "/api/auth/me")).status == 401


async def test_what_a_key_and_the_machine_are_told_of_themselves(parlez: Running) -> None:
    me = await parlez.call("GET", "/api/auth/me")
    assert (me.body["credential"], me.body["account"]["username"]) == ("machine", None)
    key = (await parlez.call("POST", "/generate_api_key")).body["api_key"]
    me = await parlez.call("GET", "/api/auth/me", headers={"X-API-Key": key})
    assert (me.body["credential"], me.body["scopes"]) == ("key", ["data"])
    assert (me.body["account"]["tier"], me.body["csrf_token"]) == ("Free", None)
    assert me.body["features"] == {
        "voice_chat": False,
        "semantic_search": True,
        "multi_agent": False,
    }
    assert (await parlez.call("POST", "/api/auth/logout")).status == 400


async def test_only_a_hash_of_it_is_stored(parlez: Running) -> None:
    ada = await owner(parlez)
    secret = ada.headers["Cookie"].split("_", 2)[2].encode()
    assert len(secret) == 43
    folder = parlez.server.folder.path
    stored = b"".join(file.read_bytes() for file in folder.glob("*.db*"))
    assert secret not in stored
    assert ada.headers["X-CSRF-Token"].encode() not in stored


async def test_where_the_public_url_is_https_it_travels_encrypted(
    data_dir: Path, vendor: Vendor
) -> None:
    async with run_server(data_dir, public_url="https://chat.example") as parlez:
        ada = await owner(parlez)
        answer = await ada.sign_in("ada")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-parlez_session=")
        assert "; Secure" in cookie
        assert (await ada.call("GET", "/api/auth/me")).status == 200
        insecure = ada.headers["Cookie"].removeprefix("__Host-")
        me = await parlez.call("GET", "/api/auth/me", headers={"Cookie": insecure})
        assert me.status == 401


async def test_another_credential_comes_first(parlez: Running) -> None:
    ada = await owner(parlez)
    made = await ada.call("POST", "/api/keys", {"name": "k"})
    both = {"Cookie": ada.headers["Cookie"], "X-API-Key": made.body["key"]}
    answer = await parlez.call("POST", "/conversations/start", START, headers=both)
    assert answer.status == 200, "a key needs no CSRF token"
    me = await parlez.call("GET", "/api/auth/me", headers=both)
    assert me.body["credential"] == "key"
    body = {"message": "Hi", "api_key": made.body["key"]}
    cookie = {"Cookie": ada.headers["Cookie"]}
    assert (await parlez.call("POST", "/chat", body, headers=cookie)).status == 200
    wrong = {**ada.headers, "X-API-Key": "wrong"}
    assert (await parlez.call("GET", "/api/auth/me", headers=wrong)).status == 401


async def test_a_made_up_cookie_is_refused_even_where_none_is_needed(parlez: Running) -> None:
    for made_up in ("x", "0123456789abcdef_" + "A" * 43):
        headers = {"Cookie": f"parlez_session={made_up}"}
        answer = await parlez.call("POST", "/conversations/start", START, headers=headers)
        assert answer.status == 401


async def test_a_wrong_password_looks_like_an_unknown_name(parlez: Running) -> None:
    ada = await owner(parlez)
    wrong = await Browser(parlez).sign_in("ada", "something else")
    unknown = await Browser(parlez).sign_in("nobody", "something else")
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    assert wrong.status == 401
    # An account without a login has no password that is right.
    nameless = await parlez.services.accounts.create_nameless()
    for name in ("local", nameless.account_id):
        assert (await Browser(parlez).sign_in(name, "")).status == 401
    assert ada.account["username"] == "ada"


async def test_an_unknown_name_costs_as_much_work(
    parlez: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner(parlez)
    hasher = parlez.services.sign_in._passwords._hasher
    verified: list[str] = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return bool(hasher.verify(stored, password))

    monkeypatch.setattr(parlez.services.sign_in._passwords, "_hasher", Counting())
    for name in ("ada", "nobody"):
        assert (await Browser(parlez).sign_in(name, "something else")).status == 401
    known, unknown = verified
    assert known.rsplit("$", 2)[0] == unknown.rsplit("$", 2)[0], "with the same parameters"


async def test_guesses_are_slowed_down_by_name(parlez: Running, clock: TestClock) -> None:
    ada = await owner(parlez)
    for _ in range(20):
        assert (await ada.sign_in("ada")).status == 200, "what succeeds is not counted"
    for name in ("ada", "nobody"):
        for _ in range(10):
            assert (await Browser(parlez).sign_in(name, "guess")).status == 401
        refused = await Browser(parlez).sign_in(name)
        assert refused.status == 429
        assert refused.headers["retry-after"] == "300"
    clock.time += 300_000_000
    assert (await ada.sign_in("ada")).status == 200


async def test_and_by_address(parlez: Running, clock: TestClock) -> None:
    ada = await owner(parlez)
    for number in range(30):
        assert (await Browser(parlez).sign_in(f"name{number}", "guess")).status == 401
    assert (await ada.sign_in("ada")).status == 429
    clock.time += 300_000_000
    assert (await ada.sign_in("ada")).status == 200


async def test_it_lasts_while_it_is_used_but_not_for_ever(
    parlez: Running, clock: TestClock
) -> None:
    ada, idle = await owner(parlez), Browser(parlez)
    await idle.sign_in("ada")
    begun = clock.time
    while clock.time + IDLE - 1 < begun + LONGEST:
        clock.time += IDLE - 1
        assert (await ada.call("GET", "/api/auth/me")).status == 200
    assert (await idle.call("GET", "/api/auth/me")).status == 401
    clock.time = begun + LONGEST - 1
    assert (await ada.call("GET", "/api/auth/me")).status == 200
    clock.time += 1
    assert (await ada.call("GET", "/api/auth/me")).status == 401
    await parlez.services.sessions.prune()
    store = parlez.services.sessions._store
    assert await store.find(ada.headers["Cookie"].split("=")[1].split("_")[0]) is None


async def test_it_survives_a_restart(data_dir: Path, vendor: Vendor) -> None:
    async with run_server(data_dir) as parlez:
        ada = await owner(parlez)
    async with run_server(data_dir) as parlez:
        ada.parlez = parlez
        assert (await ada.call("GET", "/api/auth/me")).status == 200


async def test_too_many_sessions_end_the_oldest(parlez: Running, clock: TestClock) -> None:
    ada = await owner(parlez)
    for _ in range(MOST_SESSIONS - 1):
        clock.time += 1
        await parlez.services.sessions.open(ada.scope)
    assert (await ada.call("GET", "/api/auth/me")).status == 200
    clock.time += 1
    await parlez.services.sessions.open(ada.scope)
    assert (await ada.call("GET", "/api/auth/me")).status == 401


async def test_a_password_is_changed_with_the_old_one(parlez: Running) -> None:
    ada, elsewhere = await owner(parlez), Browser(parlez)
    await elsewhere.sign_in("ada")
    new = "another long secret"
    for old, fresh, status in (
        ("wrong password", new, 403),
        (PASSWORD, "short", 400),
        (PASSWORD, new, 204),
    ):
        body = {"old_password": old, "new_password": fresh}
        assert (await ada.call("POST", "/api/auth/password", body)).status == status
    assert (await ada.call("GET", "/api/auth/me")).status == 200
    assert (await elsewhere.call("GET", "/api/auth/me")).status == 401
    assert (await elsewhere.sign_in("ada")).status == 401
    assert (await elsewhere.sign_in("ada", new)).status == 200


async def test_whoever_signs_in_while_the_password_is_changed_is_out(parlez: Running) -> None:
    ada, other = await owner(parlez), Browser(parlez)
    inside = parlez.services
    opening = inside.sessions.open

    async def open_late(scope):
        await inside.sign_in.change_password(scope, None, PASSWORD, "another long secret")
        return await opening(scope)

    inside.sessions.open = open_late  # type: ignore[method-assign]
    assert (await other.sign_in("ada")).status == 401
    found = await inside.sessions._store.delete_others(ada.scope, None)
    assert found == [], "no session is left"


async def test_an_account_without_a_password_has_none_to_change(parlez: Running) -> None:
    body = {"old_password": PASSWORD, "new_password": PASSWORD}
    assert (await parlez.call("POST", "/api/auth/password", body)).status == 400


async def watch(parlez: Running, browser: Browser) -> str:
    """How a stream ends that a session has begun."""
    url = f"{parlez.url}/conversations/start"
    body = {**START, "stream": True}
    async with parlez.client.post(url, json=body, headers=browser.headers) as response:
        events = [event async for event in events_of(response)]
    return f"{events[-1].type} {events[-1].data.get('state') or events[-1].data['code']}"


@pytest.mark.parametrize("end", ["logout", "disabled", "password"])
async def test_its_streams_end_and_its_turns_stop(
    parlez: Running, vendor: Vendor, end: str
) -> None:
    vendor.reply = lambda text: Reply(["on "] * 2 + ["and on"], gate=asyncio.Event())
    ada, grace, elsewhere = await owner(parlez), await member(parlez), Browser(parlez)
    await elsewhere.sign_in("grace")
    theirs = asyncio.create_task(watch(parlez, grace))
    ours = asyncio.create_task(watch(parlez, ada))
    while parlez.services.engine.open_turns < 2:
        await asyncio.sleep(0.01)
    if end == "logout":
        assert (await grace.call("POST", "/api/auth/logout")).status == 204
    elif end == "disabled":
        path = f"/api/accounts/{grace.account['id']}"
        assert (await ada.call("PATCH", path, {"disabled": True})).status == 200
    else:
        body = {"old_password": PASSWORD, "new_password": "another long secret"}
        assert (await elsewhere.call("POST", "/api/auth/password", body)).status == 204
    assert await asyncio.wait_for(theirs, 1) in (
        "error unauthenticated",
        "turn-ended stopped",
    )
    async with asyncio.timeout(1):
        while parlez.services.engine.open_turns > 1:
            await asyncio.sleep(0.01)
    assert not ours.done()
    ours.cancel()


async def test_a_turn_that_starts_while_its_session_ends_is_stopped(
    parlez: Running, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.reply = lambda text: Reply(["never"], gate=asyncio.Event())
    ada = await owner(parlez)
    start = parlez.services.engine._store.start

    async def start_late(*arguments):
        started = await start(*arguments)
        await parlez.services.sessions.end_others(ada.scope, None)
        return started

    monkeypatch.setattr(parlez.services.engine._store, "start", start_late)
    answer = await ada.call("POST", "/conversations/start", START)
    assert answer.status == 401
    assert parlez.services.engine.open_turns == 0


async def test_an_expired_keys_stream_ends_too(
    parlez: Running, vendor: Vendor, clock: TestClock
) -> None:
    vendor.reply = lambda text: Reply(["on "] * 100, delay=0.02)
    made = await parlez.call("POST", "/api/keys", {"name": "k", "expires_in_days": 1})
    browser = Browser(parlez, {"X-API-Key": made.body["key"]})
    watching = asyncio.create_task(watch(parlez, browser))
    await asyncio.sleep(0.1)
    clock.time += 86_400_000_000
    assert await asyncio.wait_for(watching, 1) == "error unauthenticated"


async def test_a_name_is_one_in_all_its_spellings(parlez: Running) -> None:
    hash_quickly(parlez)
    body = {"username": " Åda ", "password": PASSWORD}
    made = await parlez.call("POST", "/api/owner", body, headers=machine(parlez))
    assert (made.status, made.body) == (201, {"username": "åda"})
    assert (await Browser(parlez).sign_in("A\u030aDA")).status == 200
