"""Who is let in without a key, and who is not: through a real server's door."""

from pathlib import Path

import pytest
from tests.support.server import Running, run_server
from tests.support.vendor import Vendor

from parlez.http import peer
from parlez.http.local_owner import is_loopback_name

START = {"user_id": "1", "message": "Hi"}


async def status(parlez: Running, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await parlez.call("POST", "/conversations/start", START, headers=named)
    return answer.status


async def test_whoever_sits_at_the_machine(parlez: Running) -> None:
    port = parlez.url.rpartition(":")[2]
    assert await status(parlez) == 200
    assert await status(parlez, Host=f"localhost:{port}") == 200
    assert await status(parlez, Origin=parlez.url) == 200
    assert await status(parlez, Sec_Fetch_Site="same-origin", Origin=parlez.url) == 200
    assert await status(parlez, Sec_Fetch_Site="none") == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "https://127.0.0.1"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8000"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "0.0.0.0:8000"},
        {"Host": ""},
        {"Forwarded": "for=1.2.3.4"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Host": "localhost"},
        {"X_Forwarded_Proto": "https"},
        {"Via": "1.1 proxy"},
        {"CF_Connecting_IP": "1.2.3.4"},
        {"CF_Ray": "1"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
async def test_nobody_else(parlez: Running, headers: dict[str, str]) -> None:
    assert await status(parlez, **headers) == 401


async def test_a_form_on_a_foreign_page_cannot_post(parlez: Running) -> None:
    answer = await parlez.call(
        "POST",
        "/conversations/start",
        data=b'{"user_id": "1", "message": "Hi"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status == 415


async def test_no_preflight_allows_anything(parlez: Running) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await parlez.call("OPTIONS", "/conversations/start", headers=headers)
    assert answer.status == 204
    assert not any(name.startswith("access-control") for name in answer.headers)


async def test_another_user_of_the_machine_is_not_the_owner(
    parlez: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "_owner", lambda port: 4711)
    assert await status(parlez) == 401


async def test_the_system_is_asked_who_the_peer_is(parlez: Running) -> None:
    assert peer._owner(int(parlez.url.rpartition(":")[2])) is not None
    assert peer._owner(1) is None
    assert not peer.is_trusted(1), "a socket that is gone is nobody's"


@pytest.mark.parametrize("fields", [{"local_owner": False}, {"public_url": "https://chat.example"}])
async def test_there_may_be_no_local_owner(
    data_dir: Path, vendor: Vendor, fields: dict[str, object]
) -> None:
    async with run_server(
        data_dir, openai_api_key="sk-test", openai_base_url=vendor.url, **fields
    ) as parlez:
        assert await status(parlez) == 401


async def test_nor_is_there_one_on_a_public_address(data_dir: Path, vendor: Vendor) -> None:
    async with run_server(
        data_dir, host="0.0.0.0", openai_api_key="sk-test", openai_base_url=vendor.url
    ) as parlez:
        parlez.url = parlez.url.replace("0.0.0.0", "127.0.0.1")
        assert await status(parlez) == 401


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_names_of_this_machine(name: str, loopback: bool) -> None:
    assert is_loopback_name(name) is loopback
