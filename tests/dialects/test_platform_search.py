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


async def test_conversations_are_found_by_what_was_said_in_them(
    parlez: Running, goat: dict[str, Any]
) -> None:
    user = goat["user_id"]
    await say(parlez, "And another goat?", **goat)
    await say(parlez, "Taxes are due in May.", user_id=user)
    found = await search(parlez, "conversations", query="goat in Brest", user_id=user)
    assert [each["conversation_id"] for each in found] == [goat["conversation_id"]]
    listed = await parlez.call("GET", f"/api/conversations?user_id={user}")
    [same] = [each for each in listed.body["conversations"] if each["id"] in str(found)]
    assert {name: found[0][name] for name in ("title", "created_at", "updated_at")} == {
        name: same[name] for name in ("title", "created_at", "updated_at")
    }
    assert found[0]["snippet"] == GOAT


async def test_meaning_finds_what_has_none_of_the_words(
    parlez: Running, goat: dict[str, Any]
) -> None:
    await say(parlez, "Taxes are due in May.", user_id=goat["user_id"])

    async def is_found() -> bool:
        found = await search(parlez, query="an animal on a beacon", user_id=goat["user_id"])
        return [each["content"] for each in found] == [GOAT]

    await until(is_found)


async def test_what_is_said_through_any_door_is_found(world: World, parlez: Running) -> None:
    openai = {"messages": [{"role": "user", "content": "An openai goat"}]}
    for path, body in (
        ("/chat", {"message": "A truesync goat"}),
        ("/v1/chat/completions", openai),
        ("/v1/responses", {"input": "A responses goat"}),
    ):
        assert (await parlez.call("POST", path, body)).status == 200
    told = {"user_id": "7", "message": "A conversations goat"}
    assert (await parlez.call("POST", "/conversations/start", told)).status == 200
    found = {each["content"] for each in await search(parlez, query="goat", limit=50)}
    assert {"A truesync goat", "An openai goat", "A responses goat"} <= found
    [other] = await search(parlez, query="goat", user_id="7", role="user")
    assert other["content"] == "A conversations goat"


async def test_pages_are_of_one_ranking(parlez: Running, goat: dict[str, Any]) -> None:
    user = goat["user_id"]
    for number in range(4):
        await say(parlez, f"Goat {number}", user_id=user)
    whole = await search(parlez, query="goat", user_id=user)
    pages = [
        await search(parlez, query="goat", user_id=user, limit=2, offset=offset)
        for offset in (0, 2, 4, 6)
    ]
    assert [each for page in pages for each in page] == whole
    assert len(whole) == 5


async def test_one_conversation_is_searched(parlez: Running, goat: dict[str, Any]) -> None:
    await say(parlez, "Another goat", user_id=goat["user_id"])
    path = f"/api/conversations/{goat['conversation_id']}/search"
    found = await parlez.call("POST", path, {"query": "goat"})
    assert [each["content"] for each in found.body["results"]] == [GOAT]
    assert found.body["searched_by"] == ["words", "meaning"]
    body = {"query": "goat", "conversation_id": goat["conversation_id"]}
    assert await search(parlez, **body) == found.body["results"]
    assert (await parlez.call("POST", path, {"query": "goat", "user_id": "x"})).status == 404
    answer = await parlez.call("POST", "/api/search/messages", {**body, "user_id": "x"})
    assert answer.status == 404


async def test_nobody_finds_what_is_anothers(
    world: World, parlez: Running, goat: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {world.stranger.api_key}"}
    body = {"query": "goat lighthouse Brest", "user_id": goat["user_id"]}
    for what in ("messages", "conversations"):
        answer = await parlez.call("POST", f"/api/search/{what}", body, headers=headers)
        assert (answer.status, answer.body["results"]) == (200, [])
    for there in (goat["conversation_id"], f"conv_{'0' * 32}", "nonsense"):
        path = f"/api/conversations/{there}/search"
        answer = await parlez.call("POST", path, {"query": "goat"}, headers=headers)
        assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
        body = {"query": "goat", "conversation_id": there}
        answer = await parlez.call("POST", "/api/search/messages", body, headers=headers)
        assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
    assert await search(parlez, query="goat lighthouse Brest", user_id="nobody") == []


@pytest.mark.parametrize(
    "fields",
    [
        *({"query": bad} for bad in ("", "  ", None, 7, "x" * 4_001, "a\0")),
        *({"limit": bad} for bad in (0, 101, "ten", 10**30)),
        *({"offset": bad} for bad in (-1, 1_001, 10**30)),
        *({"role": "tool"}, {"user_id": ""}, {"user_id": "x" * 256}),
    ],
)
async def test_what_cannot_be_used_is_refused(parlez: Running, fields: dict[str, Any]) -> None:
    for what in ("messages", "conversations"):
        answer = await parlez.call("POST", f"/api/search/{what}", {"query": "goat", **fields})
        assert answer.status == 400, answer.body


@pytest.mark.parametrize(
    "query", ['"', "goat AND", "*", "a:b", "'; --", "\u0301", "%", "NEAR(", "♥"]
)
async def test_any_query_can_be_asked(parlez: Running, query: str) -> None:
    await search(parlez, query=query)


async def test_searches_count_and_stand_in_the_ledger(world: World, parlez: Running) -> None:
    headers = {"Authorization": f"Bearer {world.stranger.api_key}"}
    left = []
    for path in ("/api/search/messages", "/api/documents/search"):
        answer = await parlez.call("POST", path, {"query": "goat"}, headers=headers)
        left.append(int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]))
    assert left[0] == left[1] + 1
    used = await parlez.call("GET", "/api/usage?by=kind", headers=headers)
    [found] = [each for each in used.body["groups"] if each["group"] == "search"]
    assert found["calls"] >= 2
    assert found["turns"] == found["cost"] == found["unpriced_turns"] == 0
