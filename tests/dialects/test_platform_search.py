"""Search through the door: what is found, by whom, and what each call shows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.support.openai_world import World
from tests.support.server import Answer, Running
from tests.support.vendor import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOAT = "The goat climbed onto the lighthouse of Brest, which was lit in 1902."
SIDE = "user"


async def say(parlez: Running, text: str, **fields: Any) -> Answer:
    answer = await parlez.call("POST", "/api/chat", {"message": text, **fields})
    assert answer.status == 200, answer.body
    return answer


async def search(parlez: Running, what: str = "messages", **body: Any) -> list[dict[str, Any]]:
    answer = await parlez.call("POST", f"/api/search/{what}", body)
    assert answer.status == 200, answer.body
    results: list[dict[str, Any]] = answer.body["results"]
    scores = [each["similarity_score"] for each in results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    return results


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await found():
            await asyncio.sleep(0.05)


async def settled(parlez: Running) -> None:
    """Once everything that was said is indexed."""

    async def is_done() -> bool:
        part = (await parlez.call("GET", "/health/ready")).body["parts"]["knowledge"]
        assert part["ok"]
        return str(part["state"]).endswith("; 0 wait")

    await until(is_done)


@pytest.fixture
def parlez(world: World) -> Running:
    world.vendor.reply = lambda _: Reply(["As you say."])
    return world.parlez


@pytest_asyncio.fixture(loop_scope="module")
async def goat(parlez: Running, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A message, and a user of its own that it is from."""
    user = request.node.name[:200]
    said = await say(parlez, GOAT, user_id=user)
    return {"user_id": user, "conversation_id": said.body["conversation_id"]}


@pytest.mark.parametrize("indexed", [False, True])
async def test_a_message_is_found_by_its_words(
    parlez: Running, goat: dict[str, Any], indexed: bool
) -> None:
    """At once, and just the same when it is indexed."""
    if indexed:
        await settled(parlez)
    [found] = await search(parlez, query="climbing goats", user_id=goat["user_id"])
    assert found["conversation_id"] == goat["conversation_id"]
    assert found["content"] == found["snippet"] == GOAT
    assert (found["role"], found["title"]) == ("user", found["title"])
    assert [GOAT[start:end] for start, end in found["marks"]] == ["goat", "climbed"]
