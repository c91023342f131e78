"""Apps stand and fall with their accounts."""

import uuid
from typing import Any

from tests.support.people import Browser, member, owner
from tests.support.server import Running


async def make_app(whose: Browser) -> str:
    """The path of a new app of somebody's, which itself has no limits."""
    limits: dict[str, Any] = {"visitor": {}, "total": {}}
    body = {"name": "x", "models": ["gpt-4"], "limits": limits}
    made = await whose.call("POST", "/api/apps", body)
    assert made.status == 201, made.body
    return str(made.body["url"]).removeprefix(whose.parlez.url)


async def say(parlez: Running, path: str) -> int:
    headers = {"x-vanusai-model": "gpt-4", "x-vanusai-sessionid": str(uuid.uuid4())}
    return (await parlez.call("POST", path, {"prompt": "Hi"}, headers=headers)).status


async def test_an_app_counts_with_its_account(parlez: Running) -> None:
    await owner(parlez)
    grace = await member(parlez)
    path = await make_app(grace)
    assert [await say(parlez, path) for _ in range(11)] == [200] * 10 + [429]
    alone = await grace.call("POST", "/conversations/start", {"user_id": "1", "message": "Hi"})
    assert alone.status == 429


async def test_an_app_of_a_disabled_account_answers_nobody(parlez: Running) -> None:
    ada = await owner(parlez)
    grace = await member(parlez)
    path = await make_app(grace)
    assert await say(parlez, path) == 200
    account = f"/api/accounts/{grace.account['id']}"
    for disabled, status in ((True, 403), (False, 200)):
        assert (await ada.call("PATCH", account, {"disabled": disabled})).status == 200
        assert await say(parlez, path) == status


async def test_nothing_of_an_app_outlives_its_account(parlez: Running) -> None:
    ada = await owner(parlez)
    grace = await member(parlez)
    path = await make_app(grace)
    assert await say(parlez, path) == 200
    erased = await ada.call("DELETE", f"/api/accounts/{grace.account['id']}")
    assert erased.status == 200
    assert await say(parlez, path) == 404
    assert erased.body["erased"]["app"] == 1
