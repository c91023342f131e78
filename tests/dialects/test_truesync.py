"""The TrueSyncAI Chat API: every call of its reference document, and its limit."""

import asyncio
import hashlib
import hmac
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.people import member
from tests.support.server import Running, run_server
from tests.support.store import TestClock
from tests.support.vendor import Vendor

FOREIGN = {"X-Forwarded-For": "203.0.113.7"}
"""What makes a request one that does not come from this machine."""


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def fields(vendor: Vendor, server_database: str | None) -> dict[str, str | None]:
    """The settings of the server, also after a restart."""
    return {
        "openai_api_key": "sk-test",
        "openai_base_url": vendor.url,
        "database_url": server_database,
    }


@pytest.fixture
async def parlez(
    data_dir: Path, fields: dict[str, str | None], clock: TestClock
) -> AsyncIterator[Running]:
    async with run_server(data_dir, clock=clock, **fields) as running:
        yield running


@pytest.fixture
async def key(parlez: Running) -> str:
    answer = await parlez.call("POST", "/generate_api_key")
    assert answer.status == 200
    return str(answer.body["api_key"])


def chat(parlez: Running, key: str, message: str = "Hi", **fields: str):
    return parlez.call("POST", "/chat", {"api_key": key, "message": message, **fields})


async def test_a_key_looks_as_documented(key: str) -> None:
    assert re.fullmatch(r"TrueSyncAI-[0-9a-f]{32}-[0-9a-f]{16}", key)


async def test_chat_answers_as_documented(parlez: Running, key: str) -> None:
    answer = await chat(parlez, key, "Tell me about TrueSyncAI")
    assert answer.status == 200
    assert answer.body["response"] == "You said: Tell me about TrueSyncAI "
    assert answer.headers["ratelimit-policy"] == '"hour";q=100;w=3600'
    assert answer.headers["ratelimit"] == '"hour";r=99;t=3600'


async def test_each_call_is_a_new_conversation_unless_one_is_named(
    parlez: Running, key: str, vendor: Vendor
) -> None:
    first = await chat(parlez, key, "one")
    second = await chat(parlez, key, "two")
    assert first.body["conversation_id"] != second.body["conversation_id"]
    again = await chat(parlez, key, "three", conversation_id=first.body["conversation_id"])
    assert again.body["conversation_id"] == first.body["conversation_id"]
    assert [message["content"] for message in vendor.asked[-1]["messages"]] == [
        *("one", "You said: one "),
        "three",
    ]


async def test_its_conversations_are_there_in_other_dialects(parlez: Running, key: str) -> None:
    started = await chat(parlez, key, "one")
    path = f"/conversations/{started.body['conversation_id']}"
    headers = {"Authorization": f"Token {key}"}
    history = await parlez.call("GET", path, headers=headers)
    assert [message["content"] for message in history.body["messages"]] == [
        "one",
        "You said: one ",
    ]
    assert (await parlez.call("GET", path)).status == 404, "the owner is another account"


async def test_the_key_may_be_sent_anywhere_but_only_once(parlez: Running, key: str) -> None:
    body = {"message": "Hi"}
    for headers in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
        assert (await parlez.call("POST", "/chat", body, headers=headers)).status == 200
    twice = {"message": "Hi", "api_key": key}
    same = await parlez.call("POST", "/chat", twice, headers={"X-API-Key": key})
    assert same.status == 200
    other = await parlez.call("POST", "/chat", twice, headers={"X-API-Key": "another"})
    assert other.status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": ""}, 400),
        ({}, 400),
        ({"message": 7}, 400),
        ({"message": "Hi", "api_key": "your-api-key"}, 401),
        ({"message": "Hi", "api_key": 5}, 400),
        ({"message": "Hi", "conversation_id": "nope"}, 404),
    ],
)
async def test_errors_have_the_dialects_body(
    parlez: Running, key: str, body: dict[str, object], status: int
) -> None:
    answer = await parlez.call("POST", "/chat", {"api_key": key, **body})
    assert answer.status == status
    assert isinstance(answer.body["error"], str)


async def test_a_body_is_at_most_a_megabyte(parlez: Running, key: str) -> None:
    body = json.dumps({"api_key": key, "message": "x" * 1_100_000}).encode()
    headers = {"Content-Type": "application/json"}
    answer = await parlez.call("POST", "/chat", data=io.BytesIO(body), headers=headers)
    assert answer.status == 413


async def test_a_forged_key_is_refused_without_a_look_up(
    parlez: Running, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    find = parlez.services.keys._keys._read

    async def watch(key_id: str):
        looked_up.append(key_id)
        return await find(key_id)

    monkeypatch.setattr(parlez.services.keys._keys, "_read", watch)
    random = "0123456789abcdef" * 2
    signed_wrongly = hmac.new(b"guess", random.encode(), hashlib.sha256).hexdigest()[:16]
    for forged in (
        f"TrueSyncAI-{random}-{signed_wrongly}",
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key.replace("TrueSyncAI-", "TrueSyncAI-0")[:-1],
    ):
        assert (await chat(parlez, forged)).status == 401
    assert looked_up == []
    assert (await chat(parlez, key)).status == 200
    assert len(looked_up) == 1


async def test_only_a_hash_is_stored(parlez: Running, key: str) -> None:
    await chat(parlez, key)
    secret = key[len("TrueSyncAI-") + 16 : len("TrueSyncAI-") + 32].encode()
    folder = parlez.server.folder.path
    assert all(secret not in file.read_bytes() for file in folder.glob("*.db*"))


async def test_who_may_make_a_key(parlez: Running, data_dir: Path) -> None:
    refused = await parlez.call("POST", "/generate_api_key", headers=FOREIGN)
    assert refused.status == 401
    assert set(refused.body) == {"error", "code"}
    made = await parlez.call("POST", "/api/keys", {"name": "k", "scopes": ["keys", "data"]})
    headers = {"Authorization": f"Bearer {made.body['key']}", **FOREIGN}
    own = await parlez.call("POST", "/generate_api_key", headers=headers)
    assert own.status == 200
    listed = await parlez.call("GET", "/api/keys")
    assert len(listed.body["keys"]) == 2, "it is a key of that account"
    headers = {"Authorization": f"Bearer {own.body['api_key']}"}
    assert (await parlez.call("POST", "/generate_api_key", headers=headers)).status == 403


async def test_the_operator_may_open_it_to_all(
    data_dir: Path, vendor: Vendor, clock: TestClock
) -> None:
    async with run_server(data_dir, clock=clock, open_keys=True) as parlez:
        for _ in range(10):
            answer = await parlez.call("POST", "/generate_api_key", headers=FOREIGN)
            assert answer.status == 200
        answer = await parlez.call("POST", "/generate_api_key", headers=FOREIGN)
        assert answer.status == 429
        clock.time += 3_600_000_000
        answer = await parlez.call("POST", "/generate_api_key", headers=FOREIGN)
        assert answer.status == 200


async def test_of_many_clients_exactly_a_hundred_pass(
    parlez: Running, key: str, clock: TestClock
) -> None:
    async def client() -> list[int]:
        return [(await chat(parlez, key)).status for _ in range(4)]

    clients = await asyncio.gather(*(client() for _ in range(64)))
    statuses = [status for each in clients for status in each]
    assert statuses.count(200) == 100
    assert statuses.count(429) == 156


async def test_the_next_passes_exactly_when_it_was_told_to(
    data_dir: Path, fields: dict[str, str | None], clock: TestClock
) -> None:
    begun = clock.time
    async with run_server(data_dir, clock=clock, **fields) as parlez:
        key = (await parlez.call("POST", "/generate_api_key")).body["api_key"]
        for _ in range(100):
            assert (await chat(parlez, key)).status == 200
            clock.time += 7_000_000
        refused = await chat(parlez, key)
        assert refused.status == 429
        assert refused.headers["retry-after"] == str(3_600 - 700)
        assert refused.body["retry_after"] == 3_600 - 700
        assert refused.body["reset_at"].startswith("2023-11-14T23:13:20")
    async with run_server(data_dir, clock=clock, **fields) as parlez:
        assert (await chat(parlez, key)).status == 429, "a restart forgives nothing"
        clock.time = begun + 3_600_000_000 - 1
        assert (await chat(parlez, key)).status == 429
        clock.time += 1
        assert (await chat(parlez, key)).status == 200
        refused = await chat(parlez, key)
        assert refused.headers["retry-after"] == "7"
        assert refused.headers["ratelimit-policy"] == '"hour";q=100;w=3600'
        assert refused.headers["ratelimit"] == '"hour";r=0;t=7'


async def test_what_starts_no_turn_is_not_counted(parlez: Running, key: str) -> None:
    headers = {"Idempotency-Key": "same"}
    body = {"api_key": key, "message": "Hi"}
    for _ in range(101):
        assert (await parlez.call("POST", "/chat", body, headers=headers)).status == 200
    for _ in range(101):
        missing = await chat(parlez, key, conversation_id="00000000-0000-7000-8000-000000000000")
        assert missing.status == 404
    statuses = [(await chat(parlez, key)).status for _ in range(100)]
    assert statuses == [200] * 99 + [429]


async def test_the_limit_holds_in_every_dialect(parlez: Running, key: str) -> None:
    for _ in range(100):
        assert (await chat(parlez, key)).status == 200
    headers = {"X-API-Key": key}
    body = {"user_id": "1", "message": "Hi"}
    answer = await parlez.call("POST", "/conversations/start", body, headers=headers)
    assert answer.status == 429
    assert answer.body["code"] == "rate_limited"


async def test_more_keys_are_no_way_around_the_limits_of_a_tier(parlez: Running) -> None:
    grace = await member(parlez)
    keys = [(await grace.call("POST", "/generate_api_key")).body["api_key"] for _ in "12"]
    answers = [await chat(parlez, key) for _ in range(6) for key in keys]
    assert [answer.status for answer in answers] == [200] * 10 + [429] * 2
    assert 0 < answers[-1].body["retry_after"] <= 60
    policy = '"hour";q=100;w=3600, "minute";q=10;w=60, "day";q=100;w=86400'
    assert answers[0].headers["ratelimit-policy"] == policy
    assert (await grace.call("POST", "/api/chat", {"message": "Hi"})).status == 429
