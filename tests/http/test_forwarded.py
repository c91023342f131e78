"""Whom a request is counted for that proxies passed on."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.server import Running, run_server
from tests.support.vendor import Vendor

from parlez.config import BadSettings, load


@pytest.fixture
async def parlez(data_dir: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with run_server(
        data_dir,
        openai_api_key="sk-test",
        openai_base_url=vendor.url,
        trusted_proxies="127.0.0.1, 10.0.0.0/8",
    ) as running:
        yield running


async def test_visitors_behind_a_proxy_are_told_apart(parlez: Running) -> None:
    limits = {"visitor": {"hour": 1}}
    app = await parlez.call(
        "POST", "/api/apps", {"name": "x", "models": ["gpt-4"], "limits": limits}
    )
    path = app.body["url"].removeprefix(parlez.url)

    async def say(forwarded: str | None) -> int:
        headers = {"x-vanusai-model": "gpt-4", "x-vanusai-sessionid": str(uuid.uuid4())}
        if forwarded is not None:
            headers["X-Forwarded-For"] = forwarded
        answer = await parlez.call("POST", path, {"prompt": "Hi"}, headers=headers)
        return answer.status

    for forwarded, status in (
        ("203.0.113.1", 200),
        ("203.0.113.1", 429),
        # Who is no proxy can say anything before it.
        ("198.51.100.9, 203.0.113.1", 429),
        ("198.51.100.9, 203.0.113.1, 10.1.2.3", 429),
        ("::ffff:203.0.113.1", 429),
        ("203.0.113.2", 200),
        ("2001:db8:1:2::1", 200),
        ("2001:db8:1:2::2", 429),
        (None, 200),
        ("unknown", 429),
    ):
        assert await say(forwarded) == status, forwarded


async def test_what_was_forwarded_is_not_the_owners(parlez: Running) -> None:
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.1"}):
        assert (await parlez.call("GET", "/api/auth/me", headers=headers)).status == 401


def test_proxies_must_be_networks(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="TRUSTED_PROXIES"):
        load(data_dir=tmp_path, trusted_proxies="my-proxy")
