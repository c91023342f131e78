"""The ledger against what the vendor counted, over a thousand turns in every dialect."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.support.server import Answer, Running
from tests.support.vendor import Reply, Vendor

TURNS = 1_000
AT_ONCE = 16

Say = Callable[[Running, str, dict[str, str]], Awaitable[Answer]]


def dialect(path: str, field: str, **more: Any) -> Say:
    def say(parlez: Running, text: str, headers: dict[str, str]) -> Awaitable[Answer]:
        return parlez.call("POST", path, {field: text, **more}, headers=headers)

    return say


def completion(*, stream: bool) -> Say:
    def say(parlez: Running, text: str, headers: dict[str, str]) -> Awaitable[Answer]:
        messages = [{"role": "user", "content": text}]
        body = {"model": "gpt-4o", "messages": messages, "stream": stream}
        return parlez.call("POST", "/v1/chat/completions", body, headers=headers)

    return say


DIALECTS = [
    completion(stream=False),
    completion(stream=True),
    dialect("/v1/responses", "input", model="gpt-4o"),
    dialect("/conversations/start", "message", user_id="1"),
    dialect("/conversations/start", "message", user_id="1", stream=True),
    dialect("/chat", "message"),
    dialect("/api/chat", "message", user_id="1"),
    dialect("/api/chat", "message", user_id="1", stream=True),
]


@pytest.fixture
def server_database(database_url: str) -> str | None:
    return database_url


class Counting:
    """A vendor that answers at random, fails one time in ten, and counts what it reported."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self.reported = 0

    def reply(self, text: str) -> Reply:
        if self._random.random() < 0.1:
            return Reply(status=400)
        words = self._random.randint(1, 20)
        self.reported += words
        return Reply(["word "] * words)


@pytest.mark.timeout(120)
async def test_a_thousand_mixed_turns(parlez: Running, vendor: Vendor) -> None:
    counting = Counting(7)
    vendor.reply = counting.reply
    made = await parlez.call("POST", "/api/keys", {"name": "one"})
    headers = {"X-API-Key": made.body["key"]}
    left = iter(range(TURNS))

    async def client() -> None:
        for number in left:
            await DIALECTS[number % len(DIALECTS)](parlez, f"turn {number}", headers)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    (used,) = (await parlez.call("GET", "/api/usage?by=model")).body["groups"]
    (by_key,) = (await parlez.call("GET", "/api/usage?by=key")).body["groups"]
    assert used["turns"] == TURNS
    assert used["completion_tokens"] == counting.reported
    assert used["prompt_tokens"] == 7 * (TURNS - used["estimated_turns"])
    assert 50 < used["estimated_turns"] < 200
    assert by_key == {**used, "group": made.body["id"]}
