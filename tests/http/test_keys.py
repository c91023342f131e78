"""Keys: made, used in every way, listed, revoked, limited."""

from datetime import timedelta

import pytest
from tests.support.server import Running

from parlez.core.identity import Right

START = {"user_id": "1", "message": "Hi"}


@pytest.fixture
async def key(parlez: Running) -> str:
    answer = await parlez.call("POST", "/api/keys", {"name": "test"})
    assert answer.status == 201
    return str(answer.body["key"])


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "Token"])
async def test_a_key_opens_the_door_from_anywhere(parlez: Running, key: str, kind: str) -> None:
    headers = {"Authorization": f"{kind} {key}", "X-Forwarded-For": "1.2.3.4"}
    assert (await parlez.call("POST", "/conversations/start", START, headers=headers)).status == 200
    headers = {"X-API-Key": key, "X-Forwarded-For": "1.2.3.4"}
    assert (await parlez.call("POST", "/conversations/start", START, headers=headers)).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic dTpw"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"X-API-Key": "pz_0000000000000000_" + "A" * 43}, 401),
    ],
)
async def test_a_wrong_key_is_refused_even_where_none_is_needed(
    parlez: Running, headers: dict[str, str], status: int
) -> None:
    answer = await parlez.call("POST", "/conversations/start", START, headers=headers)
    assert answer.status == status
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_keys_that_differ_are_a_contradiction(parlez: Running, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "X-API-Key": key}
    assert (await parlez.call("GET", "/turns/x", headers=headers)).status == 404
    headers["X-API-Key"] = "another"
    assert (await parlez.call("GET", "/turns/x", headers=headers)).status == 400


async def test_the_secret_is_shown_once_and_stored_nowhere(parlez: Running, key: str) -> None:
    listed = await parlez.call("GET", "/api/keys")
    secret = key.split("_", 2)[2]
    assert secret not in str(listed.body)
    assert [entry["name"] for entry in listed.body["keys"]] == ["test"]
    files = parlez.server.folder.path.glob("*.db*")
    assert all(secret.encode() not in file.read_bytes() for file in files)


async def test_a_revoked_key_is_refused_at_once(parlez: Running, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    assert (await parlez.call("GET", "/turns/x", headers=headers)).status == 404
    key_id = key.split("_")[1]
    assert (await parlez.call("DELETE", f"/api/keys/{key_id}")).body["revoked_at"] is not None
    assert (await parlez.call("GET", "/turns/x", headers=headers)).status == 401
    assert (await parlez.call("DELETE", "/api/keys/nope")).status == 404


async def test_an_expired_key_is_refused(parlez: Running) -> None:
    scope = parlez.services.gate.owner.scope
    _, secret = await parlez.services.keys.create(
        scope, "old", frozenset({Right.DATA}), timedelta(microseconds=1)
    )
    headers = {"Authorization": f"Bearer {secret.text}"}
    assert (await parlez.call("GET", "/turns/x", headers=headers)).status == 401


async def test_a_key_does_what_its_scopes_allow_and_no_more(parlez: Running) -> None:
    made = {}
    for scope in ("data", "keys", "metrics"):
        answer = await parlez.call("POST", "/api/keys", {"name": scope, "scopes": [scope]})
        made[scope] = {"Authorization": f"Bearer {answer.body['key']}"}
    for path, needed in (
        ("/conversations/00000000-0000-7000-8000-000000000000", "data"),
        ("/turns/x", "data"),
        ("/turns/x/events", "data"),
        ("/api/keys", "keys"),
        ("/metrics", "metrics"),
    ):
        for scope, headers in made.items():
            status = (await parlez.call("GET", path, headers=headers)).status
            assert (status == 403) == (scope != needed), (path, scope)


async def test_a_key_makes_none_that_can_do_more(parlez: Running) -> None:
    answer = await parlez.call("POST", "/api/keys", {"name": "k", "scopes": ["keys"]})
    headers = {"Authorization": f"Bearer {answer.body['key']}"}
    more = {"name": "more", "scopes": ["keys", "data"]}
    assert (await parlez.call("POST", "/api/keys", more, headers=headers)).status == 403


@pytest.mark.parametrize("path", ["/conversations/start", "/api/keys"])
async def test_whoever_is_not_let_in_is_not_told_what_is_wrong(parlez: Running, path: str) -> None:
    headers = {"X-API-Key": "wrong"}
    assert (await parlez.call("POST", path, {"message": 7}, headers=headers)).status == 401
    assert (await parlez.call("POST", path, {"message": 7})).status == 400
