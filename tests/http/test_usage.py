"""The ledger and budgets through the door."""

import pytest
from tests.support.people import member
from tests.support.server import Running
from tests.support.uploads import ready_document

START = {"user_id": "1", "message": "Hi"}
MAX = {"unit": "tokens", "period": "day", "amount": 20_000}


@pytest.fixture
async def stranger(parlez: Running) -> dict[str, str]:
    """A key of another account, with every right but those over the server."""
    scope = await parlez.services.accounts.create_nameless()
    rights = parlez.services.gate.owner.rights
    _, secret = await parlez.services.keys.create(scope, "stranger", rights)
    return {"Authorization": f"Bearer {secret.text}"}


async def test_what_was_used_is_added_up(parlez: Running, stranger: dict[str, str]) -> None:
    made = (await parlez.call("POST", "/api/keys", {"name": "k"})).body
    headers = {"X-API-Key": made["key"]}
    first = await parlez.call("POST", "/conversations/start", START)
    await parlez.call("POST", "/conversations/start", START, headers=headers)
    groups = (await parlez.call("GET", "/api/usage?by=model")).body["groups"]
    assert groups == [
        {
            "group": "gpt-4o",
            "calls": 2,
            "turns": 2,
            "prompt_tokens": 14,
            "completion_tokens": 6,
            "cost": pytest.approx((14 * 2.5 + 6 * 10) / 1_000_000, abs=2e-6),
            "unpriced_turns": 0,
            "estimated_turns": 0,
            "seconds": groups[0]["seconds"],
            "units": None,
        }
    ]
    assert 0 < groups[0]["seconds"] < 60
    by_key = (await parlez.call("GET", "/api/usage?by=key")).body["groups"]
    assert {group["group"] for group in by_key} == {None, made["id"]}
    by_conversation = (await parlez.call("GET", "/api/usage?by=conversation")).body["groups"]
    assert first.headers["parlez-conversation-id"] in {each["group"] for each in by_conversation}
    (day,) = (await parlez.call("GET", "/api/usage")).body["groups"]
    assert len(day["group"]) == 10
    assert (await parlez.call("GET", "/api/usage?until=0001-01-01T00:00:00Z")).status == 200
    past = await parlez.call("GET", "/api/usage?until=2020-01-01T00:00:00Z")
    assert past.body["groups"] == []
    assert (await parlez.call("GET", "/api/usage", headers=stranger)).body["groups"] == []


@pytest.mark.parametrize(
    "query",
    [
        *("by=colour", "limit=0", "limit=1001", "since=yesterday", "since=2020-01-01T00:00:00"),
        *("since=0001-01-01T00:00:00%2B23:00", "until=0001-01-01T00:00:00%2B23:00"),
    ],
)
async def test_a_query_that_cannot_be_used(parlez: Running, query: str) -> None:
    assert (await parlez.call("GET", f"/api/usage?{query}")).status == 400


async def test_a_budget_holds_and_says_when_it_begins_anew(parlez: Running) -> None:
    budget = (await parlez.call("PUT", "/api/budgets", {**MAX, "amount": 10})).body
    assert (budget["amount"], budget["spent"], budget["key_id"]) == (10, 0, None)
    refused = await parlez.call("POST", "/conversations/start", START)
    assert refused.status == 429
    assert refused.body["code"] == "budget_exceeded"
    assert refused.body["reset_at"] == budget["resets_at"]
    assert int(refused.headers["retry-after"]) > 0
    assert (await parlez.call("DELETE", f"/api/budgets/{budget['id']}")).status == 204
    assert (await parlez.call("POST", "/conversations/start", START)).status == 200


async def test_a_budget_sets_aside_what_documents_may_add(parlez: Running) -> None:
    await parlez.call("PUT", "/api/budgets", MAX)
    await ready_document(parlez, "a.txt", b"The lighthouse of Brest was lit in 1902.")
    asked = {"message": "When was the lighthouse of Brest lit?", "documents": True}
    refused = await parlez.call("POST", "/api/chat", asked)
    assert (refused.status, refused.body["error"]["code"]) == (429, "budget_exceeded")
    answer = await parlez.call("POST", "/api/chat", {**asked, "max_tokens": 100})
    assert answer.status == 200
    [budget] = (await parlez.call("GET", "/api/budgets")).body["budgets"]
    assert budget["reserved"] == 0


async def test_a_budget_shows_what_was_spent(parlez: Running) -> None:
    await parlez.call("PUT", "/api/budgets", MAX)
    await parlez.call("PUT", "/api/budgets", {"unit": "cost", "period": "month", "amount": 0.5})
    assert (await parlez.call("POST", "/conversations/start", START)).status == 200
    tokens, cost = (await parlez.call("GET", "/api/budgets")).body["budgets"]
    assert (tokens["spent"], tokens["reserved"]) == (10, 0)
    assert cost["amount"] == 0.5
    assert 0 < cost["spent"] < 0.001


async def test_nobody_reaches_the_budgets_of_another(
    parlez: Running, stranger: dict[str, str]
) -> None:
    key = (await parlez.call("POST", "/api/keys", {"name": "k"})).body["id"]
    made = (await parlez.call("PUT", "/api/budgets", {**MAX, "key_id": key})).body
    assert made["key_id"] == key
    of_another = {**MAX, "key_id": key}
    for id_, status in ((key, 404), ("0" * 16, 404)):
        body = {**of_another, "key_id": id_}
        answer = await parlez.call("PUT", "/api/budgets", body, headers=stranger)
        assert answer.status == status
    for id_ in (made["id"], "0" * 32):
        answer = await parlez.call("DELETE", f"/api/budgets/{id_}", headers=stranger)
        assert answer.status == 404
    assert (await parlez.call("GET", "/api/budgets", headers=stranger)).body["budgets"] == []
    assert len((await parlez.call("GET", "/api/budgets")).body["budgets"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"amount": -1}, {"unit": "words"}, {"period": "year"}, {"amount": 1e300}, {"key_id": ""}],
)
async def test_a_budget_that_cannot_be_set(parlez: Running, wrong: dict[str, object]) -> None:
    assert (await parlez.call("PUT", "/api/budgets", {**MAX, **wrong})).status == 400


async def test_an_owner_bounds_a_member_who_cannot_undo_it(parlez: Running) -> None:
    one = await member(parlez, "one")
    path = f"/api/accounts/{one.account['id']}/budgets"
    budget = await parlez.call("PUT", path, {**MAX, "amount": 10})
    assert budget.status == 200
    assert (await parlez.call("GET", path)).body["budgets"] == [budget.body]
    assert (await one.call("POST", "/conversations/start", START)).body["code"] == "budget_exceeded"
    assert (await parlez.call("POST", "/conversations/start", START)).status == 200
    assert (await one.call("PUT", "/api/budgets", MAX)).status == 403
    assert (await one.call("DELETE", f"/api/budgets/{budget.body['id']}")).status == 403
    assert (await one.call("GET", path)).status == 403
    key = (await one.call("POST", "/api/keys", {"name": "k"})).body["id"]
    of_key = await one.call("PUT", "/api/budgets", {**MAX, "key_id": key})
    assert of_key.status == 200
    assert (await one.call("DELETE", f"/api/budgets/{of_key.body['id']}")).status == 204
    assert (await parlez.call("DELETE", f"{path}/{budget.body['id']}")).status == 204
    assert (await one.call("POST", "/conversations/start", START)).status == 200
    missing = "/api/accounts/none/budgets"
    assert (await parlez.call("PUT", missing, MAX)).status == 404
