"""Rotating keys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.server import Answer, Running, run_server
from tests.support.store import TestClock

DAY = 86_400_000_000


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def parlez(data_dir: Path, clock: TestClock) -> AsyncIterator[Running]:
    async with run_server(data_dir, clock=clock) as running:
        yield running


async def make(parlez: Running, *scopes: str, **fields: object) -> Answer:
    made = await parlez.call("POST", "/api/keys", {"name": "k", "scopes": scopes, **fields})
    assert made.status == 201
    return made


def of(answer: Answer) -> dict[str, str]:
    return {"X-API-Key": answer.body["key"]}


async def status(parlez: Running, answer: Answer) -> int:
    return (await parlez.call("GET", "/api/auth/me", headers=of(answer))).status


async def rotate(parlez: Running, answer: Answer, overlap: int, **options: object) -> Answer:
    path = f"/api/keys/{answer.body['id']}/rotate"
    return await parlez.call("POST", path, {"overlap_seconds": overlap}, **options)


async def test_both_are_good_for_the_overlap(parlez: Running, clock: TestClock) -> None:
    old = await make(parlez, "data", "metrics")
    assert await status(parlez, old) == 200
    new = await rotate(parlez, old, 3_600)
    assert new.status == 201
    assert (new.body["name"], new.body["scopes"]) == ("k", ["data", "metrics"])
    assert new.body["expires_at"] is None
    clock.time += 3_600_000_000 - 1
    assert [await status(parlez, each) for each in (old, new)] == [200, 200]
    clock.time += 1
    assert [await status(parlez, each) for each in (old, new)] == [401, 200]
    again = await rotate(parlez, old, 3_600)
    assert again.status == 409


async def test_without_an_overlap_the_old_one_ends_at_once(parlez: Running) -> None:
    old = await make(parlez, "data")
    assert await status(parlez, old) == 200
    new = await rotate(parlez, old, 0)
    assert [await status(parlez, each) for each in (old, new)] == [401, 200]


async def test_the_new_one_lives_as_long_as_the_old_one_did(
    parlez: Running, clock: TestClock
) -> None:
    old = await make(parlez, "data", expires_in_days=10)
    clock.time += 9 * DAY
    new = await rotate(parlez, old, 30 * 86_400)
    clock.time += DAY
    assert [await status(parlez, each) for each in (old, new)] == [401, 200], (
        "the overlap does not make the old one last longer"
    )
    clock.time += 9 * DAY
    assert await status(parlez, new) == 401


async def test_a_key_makes_none_that_outlives_it(parlez: Running, clock: TestClock) -> None:
    maker = await make(parlez, "data", "keys", expires_in_days=1)
    headers = of(maker)
    body = {"name": "child", "scopes": ["data"]}
    child = await parlez.call("POST", "/api/keys", body, headers=headers)
    signed = await parlez.call("POST", "/generate_api_key", headers=headers)
    itself = await rotate(parlez, maker, 60, headers=headers)
    assert child.body["expires_at"] == itself.body["expires_at"] == maker.body["expires_at"]
    clock.time += DAY
    for key in (child.body["key"], signed.body["api_key"], itself.body["key"]):
        answer = await parlez.call("GET", "/api/auth/me", headers={"X-API-Key": key})
        assert answer.status == 401


async def test_a_key_rotates_none_that_can_do_more(parlez: Running) -> None:
    more, less = await make(parlez, "data", "keys"), await make(parlez, "keys")
    refused = await rotate(parlez, more, 60, headers=of(less))
    assert refused.status == 403
    assert (await rotate(parlez, less, 60, headers=of(less))).status == 201
    assert await status(parlez, more) == 200


async def test_what_has_ended_or_is_none_is_not_rotated(parlez: Running) -> None:
    key = await make(parlez, "data")
    await parlez.call("DELETE", f"/api/keys/{key.body['id']}")
    assert (await rotate(parlez, key, 60)).status == 409
    key.body["id"] = "none"
    assert (await rotate(parlez, key, 60)).status == 404
    assert (await rotate(parlez, key, -1)).status == 400


async def test_a_truesync_key_becomes_another_one(parlez: Running) -> None:
    made = await parlez.call("POST", "/api/keys", {"name": "k", "scopes": ["keys", "data"]})
    signed = await parlez.call("POST", "/generate_api_key", headers=of(made))
    listed = (await parlez.call("GET", "/api/keys")).body["keys"]
    [key_id] = [key["id"] for key in listed if key["name"] == "made over the API"]
    new = await parlez.call("POST", f"/api/keys/{key_id}/rotate", {})
    assert new.body["key"].startswith("TrueSyncAI-")
    for key in (signed.body["api_key"], new.body["key"]):
        answer = await parlez.call("GET", "/api/auth/me", headers={"X-API-Key": key})
        assert answer.status == 200
