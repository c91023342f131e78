"""Signing up, and invitations to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.people import PASSWORD, Browser, hash_quickly, key_of, machine, member, owner
from tests.support.server import Running, run_server
from tests.support.store import TestClock

from parlez.core.identity import RIGHTS, Role


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def parlez(data_dir: Path, clock: TestClock) -> AsyncIterator[Running]:
    async with run_server(data_dir, clock=clock) as running:
        hash_quickly(running)
        yield running


async def invite(parlez: Running, **fields: object) -> str:
    body = {"name": "Grace", **fields}
    made = await parlez.call("POST", "/api/invitations", body, headers=machine(parlez))
    assert made.status == 201
    return str(made.body["code"])


async def test_whoever_is_invited_is_a_member_of_the_lowest_tier(parlez: Running) -> None:
    grace = await member(parlez)
    assert grace.account["username"] == "grace"
    assert (grace.account["role"], grace.account["tier"]) == ("member", "Free")
    me = await grace.call("GET", "/api/auth/me")
    assert me.body["scopes"] == ["account", "data", "keys"]
    assert (await grace.call("GET", "/api/accounts")).status == 403
    for scope in ("admin", "metrics"):
        body = {"name": "more", "scopes": [scope]}
        assert (await grace.call("POST", "/api/keys", body)).status == 403


async def test_an_invitation_is_good_once(parlez: Running) -> None:
    code = await invite(parlez)
    assert (await Browser(parlez).sign_up("grace", code=code)).status == 201
    again = await Browser(parlez).sign_up("eve", code=code)
    assert again.status == 403
    [listed] = (await parlez.call("GET", "/api/invitations")).body["invitations"]
    assert listed["name"] == "Grace"
    assert listed["used_at"] is not None
    assert code not in str(listed)
    assert code.split("_", 2)[2].encode() not in b"".join(
        file.read_bytes() for file in parlez.server.folder.path.glob("*.db*")
    )


async def test_a_name_that_is_taken_uses_up_no_invitation(parlez: Running) -> None:
    await member(parlez, "grace")
    code = await invite(parlez)
    assert (await Browser(parlez).sign_up("GRACE", code=code)).status == 409
    assert (await Browser(parlez).sign_up("grace2", code=code)).status == 201


async def test_what_is_no_open_invitation_opens_nothing(parlez: Running, clock: TestClock) -> None:
    revoked, expired = await invite(parlez), await invite(parlez, expires_in_days=1)
    path = f"/api/invitations/{revoked.split('_')[1]}"
    assert (await parlez.call("DELETE", path)).body["revoked_at"] is not None
    clock.time += 86_400_000_000
    good = await invite(parlez)
    bodies = []
    for code in (revoked, expired, good[:-1] + ("A" if good[-1] != "A" else "B"), "nonsense", ""):
        answer = await Browser(parlez).sign_up("eve", code=code)
        assert answer.status == 403
        bodies.append(answer.body)
    assert all(body == bodies[0] for body in bodies)
    assert (await Browser(parlez).sign_up("eve")).status == 403
    assert (await Browser(parlez).sign_up("eve", code=good)).status == 201


@pytest.mark.parametrize("change", [{"role": "member"}, {"disabled": True}])
async def test_one_of_somebody_who_is_no_owner_any_more_opens_nothing(
    parlez: Running, change: dict[str, object]
) -> None:
    await owner(parlez)
    grace = await member(parlez)
    path = f"/api/accounts/{grace.account['id']}"
    promoted = await parlez.call("PATCH", path, {"role": "owner"}, headers=machine(parlez))
    assert promoted.body["role"] == "owner"
    made = await grace.call("POST", "/api/invitations", {"name": "x"})
    assert made.status == 201
    await parlez.call("PATCH", path, change, headers=machine(parlez))
    answer = await Browser(parlez).sign_up("eve", code=made.body["code"])
    assert answer.status == 403


async def test_another_owners_invitations_are_not_to_be_seen(parlez: Running) -> None:
    code = await invite(parlez)
    grace = await member(parlez)
    await parlez.services.accounts.change(grace.account["id"], role=Role.OWNER)
    headers = await key_of(parlez, grace.scope, RIGHTS[Role.OWNER])
    path = f"/api/invitations/{code.split('_')[1]}"
    foreign = await parlez.call("DELETE", path, headers=headers)
    missing = await parlez.call("DELETE", "/api/invitations/0", headers=headers)
    assert (foreign.status, foreign.body) == (missing.status, missing.body)
    assert foreign.status == 404
    listed = await parlez.call("GET", "/api/invitations", headers=headers)
    assert listed.body == {"invitations": [], "next": None}
    own = await parlez.call("GET", "/api/invitations")
    assert len(own.body["invitations"]) == 2


async def test_invitations_are_listed_page_by_page(parlez: Running, clock: TestClock) -> None:
    for number in range(5):
        clock.time += number % 2
        await invite(parlez, name=str(number))
    names, before = [], ""
    while True:
        page = await parlez.call("GET", f"/api/invitations?limit=2{before}")
        names += [each["name"] for each in page.body["invitations"]]
        if page.body["next"] is None:
            break
        before = f"&before={page.body['next']}"
    assert sorted(names) == list("01234")
    assert set(names[:1]) <= {"3", "4"}


async def test_old_invitations_are_forgotten(parlez: Running, clock: TestClock) -> None:
    await invite(parlez, expires_in_days=1)
    clock.time += 30 * 86_400_000_000
    await parlez.services.invitations.prune()
    assert (await parlez.call("GET", "/api/invitations")).body["invitations"]
    clock.time += 2 * 86_400_000_000
    await parlez.services.invitations.prune()
    assert not (await parlez.call("GET", "/api/invitations")).body["invitations"]


@pytest.mark.parametrize(("policy", "statuses"), [("open", [201] * 10), ("closed", [403] * 10)])
async def test_the_operator_says_who_may(
    data_dir: Path, clock: TestClock, policy: str, statuses: list[int]
) -> None:
    async with run_server(data_dir, clock=clock, sign_up=policy) as parlez:
        hash_quickly(parlez)
        found = [(await Browser(parlez).sign_up(f"name{n}")).status for n in range(10)]
        assert found == statuses
        assert (await Browser(parlez).sign_up("one more")).status == 429
        clock.time += 3_600_000_000
        assert (await Browser(parlez).sign_up("one more")).status == statuses[0]
        if policy == "closed":
            code = await invite(parlez)
            assert (await Browser(parlez).sign_up("invited", code=code)).status == 403


async def test_names_and_passwords_have_their_form(parlez: Running) -> None:
    good = {"username": "grace", "password": PASSWORD, "code": await invite(parlez)}
    for bad in (
        {"username": ""},
        {"username": "x" * 65},
        {"username": "a\nb"},
        {"username": "   "},
        {"username": 7},
        {"password": "short"},
        {"password": "x" * 1_001},
    ):
        answer = await parlez.call("POST", "/api/auth/signup", {**good, **bad})
        assert answer.status == 400, bad
    assert (await parlez.call("POST", "/api/auth/signup", good)).status == 201
