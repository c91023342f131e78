"""What holds for every route of every dialect, whichever there are: who is let in, and who is not.

A new route is tried as soon as it is there. What its path needs is made in `things`."""

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import Browser, key_of, member, owner, second_account
from tests.support.routes import Route, routes
from tests.support.server import Running, run_server
from tests.support.uploads import assistant_of, document_of
from tests.support.vendor import Vendor

from parlez.core.identity import Right
from parlez.http.session_cookie import SessionCookie

PUBLIC = {
    "GET /api/health",
    "GET /health/live",
    "GET /health/ready",
    "GET /voice",
    "POST /api/auth/login",
    "POST /api/auth/signup",
    "POST /api/v1/tokens",
    "POST /api/v1/users",
    "POST /generate_api_key",
}
"""What needs no credential, or has a rule of its own."""

NEEDS_NO_COOKIE = {"POST /api/auth/login", "POST /api/auth/signup", "POST /api/v1/tokens"}
"""What takes a password, and no session."""

RIGHTS_NEEDED = {
    "GET /api/auth/me": len(Right),
    "POST /api/auth/logout": len(Right),
    # Both keys and admin, for a whole account.
    "PUT /api/budgets": 0,
    "DELETE /api/budgets/{budget_id}": 0,
    # Both keys and data, for a key that is for data.
    "POST /api/keys": 0,
    # Both keys and data: it opens a door to what its maker can reach.
    "POST /api/apps": 0,
    "PATCH /api/apps/{app_id}": 0,
    "POST /generate_api_key": 0,
    # Nobody's key.
    "POST /api/owner": 0,
}
"""Of how many kinds of keys with one scope each is let in, where that is not one."""

EVERYBODYS = {"model"}
"""What paths call things that are no account's."""

NOT_COMPARED = {"last_used_at", "expires_at"}
"""Columns that tell when a credential was used."""

MADE_IN_THE_BACKGROUND = ("message_", "chunk_")
"""How the tables of indexes are called, which fill by themselves soon after a message."""

MISSING = "00000000-0000-7000-8000-000000000000"

MISSING_ELSEWHERE = {"key_id": "0", "response_id": f"resp_{'0' * 32}"}
"""Where ids are spelled in another way."""


@pytest.fixture
async def parlez(data_dir: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with run_server(
        data_dir,
        openai_api_key="sk-test",
        openai_base_url=vendor.url,
        # The embedded one would be loaded to say a word.
        openai_audio_base_url=vendor.url,
        voice="openai",
        local_owner=False,
    ) as running:
        yield running


async def things(parlez: Running, whose: Browser) -> dict[str, str]:
    """One of everything that an account can have, by the names that paths call their ids."""
    said = await whose.call("POST", "/conversations/start", {"user_id": "1", "message": "Hi"})
    key = await whose.call("POST", "/api/keys", {"name": "k", "scopes": ["keys"]})
    invitation = await whose.call("POST", "/api/invitations", {"name": "x"})
    bound = {"unit": "tokens", "period": "day", "amount": 1_000_000}
    budget = await whose.call("PUT", "/api/budgets", bound)
    template = await whose.call("POST", "/api/templates", {"name": "t", "system_prompt": "x"})
    assistant = await assistant_of(parlez, whose.headers)
    chat = await whose.call("POST", "/api/v1/chat", {"assistant_id": assistant["id"]})
    app = await whose.call("POST", "/api/apps", {"name": "a", "key_required": True})
    made = (said.status, key.status, invitation.status, budget.status, template.status, app.status)
    assert made == (200, 201, 201, 200, 201, 201)
    conversation = f"/api/conversation/{said.headers['parlez-conversation-id']}"
    messages = (await whose.call("GET", f"{conversation}/messages")).body["messages"]
    return {
        "assistant_number": str(assistant["id"]),
        "file_id": assistant["files"][0]["id"],
        "chat_number": str(chat.body["id"]),
        "document_id": await document_of(parlez, whose.headers),
        "conversation_id": said.headers["parlez-conversation-id"],
        "message_id": messages[0]["id"],
        "name": "t",
        "turn_id": said.headers["parlez-turn-id"],
        "response_id": f"resp_{said.headers['parlez-turn-id'].replace('-', '')}",
        # Models are nobody's.
        "model": "none",
        "key_id": key.body["id"],
        "budget_id": budget.body["id"],
        "invitation_id": invitation.body["id"],
        "app_id": app.body["id"],
        "address": app.body["url"].rpartition("/")[2],
        "account_id": (await member(parlez, "somebody")).account["id"],
    }


def stored(parlez: Running) -> dict[str, list[Any]]:
    """All that the database holds."""
    rows = {}
    with closing(sqlite3.connect(parlez.server.folder.path / "parlez.db")) as driver:
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in driver.execute(tables).fetchall():
            if table.startswith(MADE_IN_THE_BACKGROUND):
                continue
            found = driver.execute(f"SELECT * FROM {table}")
            kept = [n for n, each in enumerate(found.description) if each[0] not in NOT_COMPARED]
            rows[table] = sorted([[str(row[n]) for n in kept] for row in found])
    return rows


async def statuses(
    parlez: Running, tried: Iterable[Route], ids: dict[str, str], headers: dict[str, str]
) -> dict[str, int]:
    """How each route answers."""
    return {
        str(route): (
            await parlez.call(route.method, route.path(ids), route.body, headers=headers)
        ).status
        for route in tried
    }


def only(found: dict[str, int], status: int) -> None:
    assert {route: each for route, each in found.items() if each != status} == {}


async def test_nothing_without_a_credential(parlez: Running) -> None:
    ids = await things(parlez, await owner(parlez))
    before = stored(parlez)
    tried = [route for route in await routes(parlez) if str(route) not in PUBLIC]
    assert len(tried) > 20
    only(await statuses(parlez, tried, ids, {}), 401)
    assert stored(parlez) == before


async def test_no_change_by_a_cookie_alone(parlez: Running) -> None:
    ada = await owner(parlez)
    ids = await things(parlez, ada)
    before = stored(parlez)
    tried = [
        route
        for route in await routes(parlez)
        if route.changes and str(route) not in NEEDS_NO_COOKIE
    ]
    other = await ada.parlez.services.sessions.open(ada.scope)
    for token in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": other[1].csrf_token}):
        headers = {"Cookie": ada.headers["Cookie"], **token}
        before = stored(parlez)
        only(await statuses(parlez, tried, ids, headers), 403)
        assert stored(parlez) == before


async def test_with_its_token_a_cookie_is_as_good_as_a_key(parlez: Running) -> None:
    ada = await owner(parlez)
    ids = await things(parlez, ada)
    for route in await routes(parlez):
        _, secret = await parlez.services.sessions.open(ada.scope)
        cookie = f"{SessionCookie(secure=False).name}={secret.text}"
        headers = {"Cookie": cookie, "X-CSRF-Token": secret.csrf_token}
        found = await statuses(parlez, [route], ids, headers)
        if str(route) not in {*NEEDS_NO_COOKIE, "POST /api/owner"}:
            assert not {401, 403} & set(found.values()), found


async def test_a_key_does_what_its_scope_allows(parlez: Running) -> None:
    ada = await owner(parlez)
    ids = await things(parlez, ada)
    tried = [
        route for route in await routes(parlez) if str(route) not in PUBLIC - set(RIGHTS_NEEDED)
    ]
    let_in: dict[str, list[Right]] = {str(route): [] for route in tried}
    for right in Right:
        headers = await key_of(parlez, ada.scope, frozenset({right}))
        for name, status in (await statuses(parlez, tried, ids, headers)).items():
            assert status != 401
            if status != 403:
                let_in[name].append(right)
    wrong = {
        name: rights for name, rights in let_in.items() if len(rights) != RIGHTS_NEEDED.get(name, 1)
    }
    assert wrong == {}


async def test_a_credential_that_has_ended_opens_nothing(parlez: Running) -> None:
    ada = await owner(parlez)
    ids = await things(parlez, ada)
    grace = await member(parlez)
    revoked = await key_of(parlez, ada.scope)
    disabled = await key_of(parlez, grace.scope)
    left = Browser(parlez, {}, {})
    await left.sign_in("ada")
    for headers in (revoked, disabled, left.headers, grace.headers):
        answer = await parlez.call("GET", "/api/auth/me", headers=headers)
        assert answer.status == 200, "it was good, and is at hand"
    key_id = revoked["Authorization"].split("_")[1]
    assert (await ada.call("DELETE", f"/api/keys/{key_id}")).status == 200
    assert (await left.call("POST", "/api/auth/logout")).status == 204
    closing = {"disabled": True}
    changed = await ada.call("PATCH", f"/api/accounts/{grace.account['id']}", closing)
    assert changed.status == 200
    before = stored(parlez)
    ended = [
        route
        for route in await routes(parlez)
        if str(route) not in PUBLIC - {"POST /generate_api_key"}
    ]
    for headers in (revoked, disabled, left.headers, grace.headers):
        only(await statuses(parlez, ended, ids, headers), 401)
    assert stored(parlez) == before


async def test_a_foreign_id_looks_like_a_missing_one(parlez: Running) -> None:
    """Every route that takes an id, with another account's. Those of owners are refused to others
    before it is looked at."""
    ada = await owner(parlez)
    ids = await things(parlez, ada)
    theirs = await second_account(parlez)
    before = stored(parlez)
    tried = [route for route in await routes(parlez) if set(route.parameters) - EVERYBODYS]
    assert len(tried) > 8
    for route in tried:
        unknown = set(route.parameters) - set(ids)
        assert not unknown, f"{route}: let `things` make one"
        missing = {name: MISSING_ELSEWHERE.get(name, MISSING) for name in ids}
        foreign, none = [
            await parlez.call(route.method, route.path(each), route.body, headers=theirs)
            for each in (ids, missing)
        ]
        assert (foreign.status, foreign.body) == (none.status, none.body), route
        assert foreign.status == (403 if _is_for_owners(route) else 404), route
    assert stored(parlez) == before


def _is_for_owners(route: Route) -> bool:
    return route.template.startswith(("/api/accounts", "/api/invitations"))
