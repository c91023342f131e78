"""Taking possession of a server."""

from pathlib import Path

from tests.support.people import member
from tests.support.server import Running, run_server

OWNER = {"username": "ada", "password": "a long enough secret"}
START = {"user_id": "1", "message": "Hi"}


async def test_an_owner_ends_the_local_owner_for_good(parlez: Running, data_dir: Path) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    made = await parlez.call("POST", "/api/keys", {"name": "mine", "scopes": ["data", "keys"]})
    answer = await parlez.call("POST", "/api/owner", OWNER)
    assert (answer.status, answer.body) == (201, {"username": "ada"})
    assert (await parlez.call("POST", "/conversations/start", START)).status == 401
    headers = {"Authorization": f"Bearer {made.body['key']}"}
    path = f"/conversations/{started.body['conversation_id']}"
    assert (await parlez.call("GET", path, headers=headers)).status == 200
    again = await parlez.call("POST", "/api/owner", OWNER, headers=headers)
    assert again.status == 403, "a key takes possession of nothing"


async def test_it_stays_so_after_a_restart_and_can_be_done_once(data_dir: Path) -> None:
    async with run_server(data_dir) as parlez:
        assert (await parlez.call("POST", "/api/owner", OWNER)).status == 201
    async with run_server(data_dir) as parlez:
        assert (await parlez.call("GET", "/api/keys")).status == 401
        headers = {"Authorization": f"Bearer {parlez.server.control_token}"}
        other = {**OWNER, "username": "mallory"}
        assert (await parlez.call("POST", "/api/owner", other, headers=headers)).status == 409
        made = await parlez.call("POST", "/api/keys", {"name": "k"}, headers=headers)
        assert made.status == 201, "the command line on the same folder still gets in"


async def test_a_password_is_long_and_kept_as_a_hash(parlez: Running) -> None:
    short = await parlez.call("POST", "/api/owner", {**OWNER, "password": "short"})
    assert short.status == 400
    assert "short" not in short.body["error"]["message"].replace("short password", "")
    assert (await parlez.call("POST", "/api/owner", OWNER)).status == 201
    folder = parlez.server.folder.path
    stored = b"".join(file.read_bytes() for file in folder.glob("*.db*"))
    assert OWNER["password"].encode() not in stored
    assert b"$argon2id$" in stored


async def test_from_afar_it_takes_the_code_that_was_printed(data_dir: Path) -> None:
    async with run_server(data_dir, local_owner=False) as parlez:
        code = parlez.services.owner_code
        assert code is not None
        assert (await parlez.call("POST", "/api/owner", OWNER)).status == 401
        wrong = await parlez.call("POST", "/api/owner", {**OWNER, "code": "wrong"})
        assert wrong.status == 401
        made = await parlez.call("POST", "/api/owner", {**OWNER, "code": code.text})
        assert made.status == 201
        other = {"username": "eve", "password": OWNER["password"], "code": code.text}
        assert (await parlez.call("POST", "/api/owner", other)).status == 409
    async with run_server(data_dir, local_owner=False) as parlez:
        assert parlez.services.owner_code is None
        assert (await parlez.call("POST", "/api/owner", other)).status == 401


async def test_the_code_is_not_guessed(data_dir: Path) -> None:
    async with run_server(data_dir, local_owner=False) as parlez:
        for _ in range(10):
            guess = await parlez.call("POST", "/api/owner", {**OWNER, "code": "guess"})
            assert guess.status == 401
        assert (await parlez.call("POST", "/api/owner", {**OWNER, "code": "guess"})).status == 429


async def test_the_local_owner_needs_none(parlez: Running) -> None:
    assert parlez.services.owner_code is None
    headers = {"X-Forwarded-For": "1.2.3.4"}
    body = {**OWNER, "code": "None"}
    assert (await parlez.call("POST", "/api/owner", body, headers=headers)).status == 401


async def test_its_name_must_be_free(parlez: Running) -> None:
    await member(parlez, "ada")
    assert (await parlez.call("POST", "/api/owner", OWNER)).status == 409
    free = {**OWNER, "username": "augusta"}
    assert (await parlez.call("POST", "/api/owner", free)).status == 201
