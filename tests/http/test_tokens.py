"""Tokens, which are had for a password and end when nobody uses them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.people import PASSWORD, Browser, hash_quickly, owner
from tests.support.server import Running, run_server
from tests.support.store import TestClock
from tests.support.stored import Stored

DAY = 86_400_000_000


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def parlez(data_dir: Path, clock: TestClock) -> AsyncIterator[Running]:
    async with run_server(data_dir, clock=clock) as running:
        hash_quickly(running)
        yield running


async def token(ada: Browser) -> str:
    body = {"username": "ada", "password": PASSWORD}
    made = await ada.parlez.call("POST", "/api/v1/tokens/", body)
    assert made.status == 200, made.body
    return str(made.body["token"])


async def is_good(parlez: Running, token: str) -> bool:
    headers = {"Authorization": f"Token {token}"}
    answer = await parlez.call("GET", "/api/v1/assistants/", headers=headers)
    assert answer.status in (200, 401)
    return answer.status == 200


async def test_one_that_nobody_uses_ends_after_thirty_days(
    parlez: Running, clock: TestClock
) -> None:
    ada = await owner(parlez)
    used, unused = await token(ada), await token(ada)
    for _ in range(3):
        clock.time += 15 * DAY - 1
        await parlez.services.keys.prune_tokens()
        assert await is_good(parlez, used)
    assert not await is_good(parlez, unused)
    clock.time += 30 * DAY
    await parlez.services.keys.prune_tokens()
    assert await is_good(parlez, used)
    clock.time += 30 * DAY + 1
    await parlez.services.keys.prune_tokens()
    assert not await is_good(parlez, used)


async def test_it_is_for_data_and_stored_as_a_hash(parlez: Running) -> None:
    ada = await owner(parlez)
    made = await token(ada)
    headers = {"Authorization": f"Token {made}"}
    assert (await parlez.call("GET", "/api/auth/me", headers=headers)).body["scopes"] == ["data"]
    stored = Stored(f"sqlite:///{parlez.server.folder.path / 'parlez.db'}")
    assert made.split("_", 2)[2] not in str(stored.rows("SELECT * FROM api_key"))
    end = f"/api/keys/{made.split('_')[1]}"
    assert (await ada.call("DELETE", end)).status == 200
    assert not await is_good(parlez, made)


async def test_a_disabled_account_gets_none(parlez: Running) -> None:
    ada = await owner(parlez)
    sent = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}
    made = await parlez.call("POST", "/api/v1/users/", sent, headers=ada.headers)
    assert made.status == 201, made.body
    assert made.body["id"] == 1
    listed = (await ada.call("GET", "/api/accounts")).body["accounts"]
    eve = next(each["id"] for each in listed if each["username"] == "eve")
    assert (await ada.call("PATCH", f"/api/accounts/{eve}", {"disabled": True})).status == 200
    assert (await parlez.call("POST", "/api/v1/tokens/", sent)).status == 403
    refused = await parlez.call("POST", "/api/v1/users/", {**sent, "username": "mallory"})
    assert refused.status == 403, "it has an owner now"


@pytest.mark.parametrize(("policy", "status"), [("open", 201), ("closed", 403)])
async def test_the_operator_decides_who_signs_up(data_dir: Path, policy: str, status: int) -> None:
    async with run_server(data_dir, sign_up=policy, local_owner=False) as parlez:
        hash_quickly(parlez)
        sent = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}
        answer = await parlez.call("POST", "/api/v1/users/", sent)
        assert answer.status == status
        assert ("detail" in answer.body) is (status == 403)
