"""The Vanus App API: every call of its reference document, and what stands around it."""

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from tests.support import files
from tests.support.people import second_account
from tests.support.postgres import Postgres
from tests.support.server import Answer, Running, run_server
from tests.support.store import TestClock
from tests.support.uploads import ready_document, settled
from tests.support.vendor import Reply, Vendor, echo

from parlez.core.assistants import Assistant, AssistantChanges

MODEL = "gpt-3.5-turbo"


@dataclass
class Site:
    """A server with apps, whose vendor says back what it is told."""

    parlez: Running
    vendor: Vendor
    clock: TestClock
    key: dict[str, str]

    async def app(self, **fields: Any) -> dict[str, Any]:
        body = {"name": "Help desk", "models": [MODEL, "gpt-4"], **fields}
        made = await self.parlez.call("POST", "/api/apps", body)
        assert made.status == 201, made.body
        found: dict[str, Any] = made.body
        assert found["url"].startswith(f"{self.parlez.url}/apps/")
        return found

    async def change(self, app: dict[str, Any], **fields: Any) -> dict[str, Any]:
        changed = await self.parlez.call("PATCH", f"/api/apps/{app['id']}", fields)
        assert changed.status == 200, changed.body
        body: dict[str, Any] = changed.body
        return body

    def path(self, app: dict[str, Any], rest: str = "") -> str:
        return str(app["url"]).removeprefix(self.parlez.url) + rest

    async def say(
        self,
        app: dict[str, Any],
        prompt: str = "Hi",
        session: str | None = None,
        headers: dict[str, str | None] | None = None,
        **fields: Any,
    ) -> Answer:
        return await self.parlez.call(
            "POST",
            self.path(app),
            {"prompt": prompt, **fields},
            headers=sent(session, **(headers or {})),
        )

    async def stream(
        self, app: dict[str, Any], prompt: str, session: str, most: int | None = None
    ) -> tuple[list[dict[str, Any]], list[str], str]:
        """The data of a stream's events, their ids, and the turn's id."""
        headers = sent(session, Accept="text/event-stream")
        body = {"prompt": prompt, "stream": True}
        url = self.parlez.url + self.path(app)
        async with self.parlez.client.post(url, json=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "text/event-stream"
            told, ids = await read_events(response, most)
            return told, ids, response.headers["Parlez-Turn-Id"]


async def read_events(response: Any, most: int | None = None) -> tuple[list[Any], list[str]]:
    told, ids = [], []
    async for raw in response.content:
        line = raw.decode()
        if line.startswith("id: "):
            ids.append(line[4:].strip())
        if line.startswith("data: "):
            told.append(json.loads(line[6:]))
            if most is not None and len(told) >= most:
                break
    return told, ids


def sent(session: str | None = None, **others: str | None) -> dict[str, str]:
    """The headers that the protocol has; None leaves one out."""
    headers = {
        "x-vanusai-model": MODEL,
        "x-vanusai-sessionid": session or str(uuid.uuid4()),
        **others,
    }
    return {name: value for name, value in headers.items() if value is not None}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """One server for all tests of this module, each of which has its own app."""
    url = None
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.make()
    vendor, clock = Vendor(), TestClock()
    async with (
        vendor.serving(),
        run_server(
            tmp_path_factory.mktemp("apps"),
            clock=clock,
            openai_api_key="sk-test",
            openai_base_url=vendor.url,
            database_url=url,
        ) as parlez,
    ):
        made = await parlez.call("POST", "/api/keys", {"name": "k"})
        yield Site(parlez, vendor, clock, {"Authorization": f"Bearer {made.body['key']}"})


@pytest.fixture
def site(server: Site) -> Site:
    server.vendor.reply = echo
    server.vendor.asked.clear()
    return server


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_app_answers_as_documented(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    answer = await site.say(app, "Hello", session, stream=False)
    assert answer.status == 200
    assert answer.body["response"] == "You said: Hello "
    assert answer.body["session_id"] == session
    assert answer.body["citations"] == []
    assert answer.headers["parlez-turn-id"] == answer.body["turn_id"]
    assert answer.body["model"] == MODEL


async def test_it_streams_where_both_ask_for_it(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    told, _, _ = await site.stream(app, "one two", session)
    assert [each["more"] for each in told] == [True] * (len(told) - 1) + [False]
    assert "".join(each["token"] for each in told) == "You said: one two "
    last = told[-1]
    assert (last["token"], last["session_id"], last["state"]) == ("", session, "completed")
    for accept, stream in (("text/event-stream", False), ("application/json, */*", True)):
        plain = await site.say(app, "Hi", headers={"Accept": accept}, stream=stream)
        assert plain.body["response"] == "You said: Hi "


async def test_the_originals_address_serves_too(site: Site) -> None:
    app = await site.app()
    path = site.path(app).replace("/apps/", "/api/v1/")
    answer = await site.parlez.call("POST", path, {"prompt": "Hi"}, headers=sent())
    assert answer.body["response"] == "You said: Hi "
    assert (await site.parlez.call("POST", "/api/v1/nothing", {})).status == 404


async def test_a_session_is_a_conversation(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    first = await site.say(app, "one", session)
    second = await site.say(app, "two", session.upper().replace("-", ""))
    assert second.headers["parlez-conversation-id"] == first.headers["parlez-conversation-id"]
    asked = [message["content"] for message in site.vendor.asked[-1]["messages"]]
    assert asked == ["one", "You said: one ", "two"]
    elsewhere = await site.say(await site.app(), "two", session)
    others = await site.say(app, "two")
    with_key = await site.say(app, "two", session, headers={**site.key})
    begun = [
        each.headers["parlez-conversation-id"] for each in (first, elsewhere, others, with_key)
    ]
    assert len(set(begun)) == 4


async def test_without_history_the_model_sees_this_message_alone(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    await site.say(app, "one", session)
    answer = await site.say(app, "two", session, no_history=True)
    assert [message["content"] for message in site.vendor.asked[-1]["messages"]] == ["two"]
    path = f"/conversations/{answer.headers['parlez-conversation-id']}"
    kept = (await site.parlez.call("GET", path)).body["messages"]
    assert [message["content"] for message in kept][::2] == ["one", "two"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"x-vanusai-model": None}, {}, 400),
        ({"x-vanusai-model": ""}, {}, 400),
        ({"x-vanusai-sessionid": None}, {}, 400),
        ({"x-vanusai-sessionid": "me"}, {}, 400),
        ({"x-vanusai-model": "gpt-4o"}, {}, 403),
        ({}, {"prompt": ""}, 400),
        ({}, {"prompt": 7}, 400),
        ({}, {"stream": "yes"}, 400),
        ({}, {"stream": 1}, 400),
        ({}, {"no_history": "yes"}, 400),
        ({}, {"no_search": True}, 403),
        ({}, {"system_prompt": "Be rude."}, 403),
        ({"Origin": "https://evil.example"}, {}, 403),
        ({"Origin": "null"}, {}, 403),
        ({"Authorization": "Bearer wrong"}, {}, 401),
        ({"Idempotency-Key": ""}, {}, 400),
    ],
)
async def test_what_is_refused(
    site: Site, headers: dict[str, str | None], body: dict[str, Any], status: int
) -> None:
    refused = await site.say(await site.app(), headers=headers, **{"prompt": "Hi", **body})
    assert refused.status == status
    assert set(refused.body) == {"error"}
    if status == 403 and "x-vanusai-model" in headers:
        assert MODEL in refused.body["error"]["message"]
    assert site.vendor.asked == []


async def test_what_an_app_allows(site: Site) -> None:
    app = await site.app(allow_system_prompt=True, allow_no_search=True)
    answer = await site.say(app, system_prompt="Be kind.", no_search=True)
    assert answer.status == 200
    assert site.vendor.asked[-1]["messages"][0] == {"role": "system", "content": "Be kind."}


async def test_pages_of_its_origins_may_call_it(site: Site) -> None:
    app = await site.app(origins=["https://Example.com/", "http://localhost:3000"])
    assert app["origins"] == ["https://example.com", "http://localhost:3000"]
    origin = {"Origin": "https://example.com"}
    asking = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-vanusai-model,x-vanusai-sessionid",
    }
    ours = await site.parlez.call("OPTIONS", site.path(app), headers=asking)
    assert ours.status == 204
    assert ours.headers["access-control-allow-origin"] == "https://example.com"
    allowed = ours.headers["access-control-allow-headers"].lower()
    assert {"content-type", "x-vanusai-model", "x-vanusai-sessionid"} <= set(allowed.split(", "))
    answer = await site.say(app, headers={**origin})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://example.com"
    assert "access-control-allow-credentials" not in {**ours.headers, **answer.headers}
    refused = await site.say(app, headers={**origin}, prompt="")
    assert (refused.status, "access-control-allow-origin" in refused.headers) == (400, True)
    for path, headers in (
        ("/api/apps", asking),
        (site.path(await site.app()), asking),
        (site.path(app), {**asking, "Origin": "https://example.com.evil.example"}),
    ):
        foreign = await site.parlez.call("OPTIONS", path, headers=headers)
        assert (foreign.status, "access-control-allow-origin" in foreign.headers) == (204, False)


async def test_with_origins_whoever_sends_none_needs_a_key(site: Site) -> None:
    app = await site.app(origins=["https://example.com"])
    assert (await site.say(app)).status == 401
    assert (await site.say(app, headers={**site.key})).status == 200
    own = await site.say(app, headers={"Origin": site.parlez.url})
    assert own.status == 200, "the page that comes with it is its own"


async def test_where_a_key_is_required_the_address_is_not_enough(site: Site) -> None:
    app = await site.app(key_required=True)
    foreign = {"X-Forwarded-For": "203.0.113.7"}
    assert (await site.say(app, headers={**foreign})).status == 401
    assert (await site.say(app, headers={**foreign, **site.key})).status == 200
    assert (await site.say(app)).status == 200, "whoever sits at the machine is its owner"
    theirs = await second_account(site.parlez)
    missing = {**app, "url": f"{site.parlez.url}/apps/{'0' * 32}"}
    for each in (app, await site.app(), missing):
        refused = await site.say(each, headers={**theirs})
        assert refused.status == 404


async def test_a_visitor_follows_and_stops_what_is_its_own(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    gate = asyncio.Event()
    site.vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
    told, ids, turn_id = await site.stream(app, "Count", session, most=1)
    assert [each["token"] for each in told] == ["one "]
    path = f"/turns/{turn_id}"
    events = site.parlez.url + site.path(app, f"{path}/events")
    elsewhere = await site.app()
    theirs = await second_account(site.parlez)
    for url, headers, status in (
        (events, sent(), 404),
        (events, sent(session, **site.key), 404),
        (site.parlez.url + site.path(elsewhere, f"{path}/events"), sent(session), 404),
        (events, sent(session, **theirs), 404),
        (events, sent(**{"x-vanusai-sessionid": None}), 400),
    ):
        async with site.parlez.client.get(url, headers=headers) as refused:
            assert refused.status == status
    stop = site.path(app, f"{path}/stop")
    assert (await site.parlez.call("POST", stop, headers=sent())).status == 404
    gate.set()
    resumed = sent(session, **{"Last-Event-ID": ids[-1]})
    async with site.parlez.client.get(events, headers=resumed) as response:
        rest, _ = await read_events(response)
    assert "".join(each["token"] for each in rest) == "two"
    assert rest[-1]["more"] is False
    stopped = await site.parlez.call("POST", stop, headers=sent(session))
    assert (stopped.status, stopped.body["state"]) == (200, "completed")


async def test_an_answer_goes_on_without_its_reader_and_can_be_stopped(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    site.vendor.reply = lambda _: Reply(["one ", "two"], gate=asyncio.Event())
    _, _, turn_id = await site.stream(app, "Count", session, most=1)
    running = await site.parlez.call("GET", f"/turns/{turn_id}")
    assert running.body["state"] == "running"
    path = site.path(app, f"/turns/{turn_id}/stop")
    stopped = await site.parlez.call("POST", path, headers=sent(session))
    assert (stopped.body["response"], stopped.body["state"]) == ("one ", "stopped")


async def test_conversations_are_the_accounts(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    said = await site.say(app, "Hello", session)
    conversation_id = said.headers["parlez-conversation-id"]
    query = f"/api/conversations?user_id={app['user_id']}"
    [listed] = (await site.parlez.call("GET", query)).body["conversations"]
    assert listed["title"] == "Hello"
    path = f"/conversations/{conversation_id}"
    theirs = await second_account(site.parlez)
    assert (await site.parlez.call("GET", path, headers=theirs)).status == 404
    assert (await site.parlez.call("GET", f"/conversations/{session}")).status == 404
    went_on = await site.parlez.call("POST", f"{path}/message", {"message": "I am the owner"})
    assert went_on.status == 200
    of_owner = site.path(app, f"/turns/{went_on.headers['parlez-turn-id']}/events")
    assert (await site.parlez.call("GET", of_owner, headers=sent(session))).status == 404
    assert (await site.parlez.call("DELETE", path)).status == 204
    again = await site.say(app, "Hello again", session)
    assert again.headers["parlez-conversation-id"] != conversation_id


async def test_a_repeated_message_is_said_once_by_each_visitor(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    key = {"Idempotency-Key": "k"}
    first, again = [await site.say(app, "Hi", session, headers={**key}) for _ in range(2)]
    assert again.body == first.body
    assert (await site.say(app, "Ho", session, headers={**key})).status == 409
    other = await site.say(app, "Ho", headers={**key})
    assert other.status == 200
    elsewhere = await site.say(await site.app(), "Ho", session, headers={**key})
    assert elsewhere.status == 200
    at_once = str(uuid.uuid4())
    answers = await asyncio.gather(*(site.say(app, f"{n}", at_once) for n in range(5)))
    assert {each.status for each in answers} == {200}
    assert len({each.headers["parlez-conversation-id"] for each in answers}) == 1


async def test_visitors_are_limited_by_where_they_call_from(site: Site) -> None:
    limits = {"visitor": {"hour": 2}, "total": {"day": 3}}
    app = await site.app(limits=limits)
    assert app["limits"] == {
        "visitor": {"hour": 2, "day": None},
        "total": {"hour": None, "day": 3},
    }
    assert [(await site.say(app)).status for _ in range(2)] == [200, 200]
    refused = await site.say(app)
    assert refused.status == 429
    assert refused.headers["retry-after"] == "3600"
    assert refused.body["error"]["reset_at"] == "2023-11-14T23:13:20.000Z"
    assert (await site.say(app, headers={**site.key})).status == 200, "a key is another visitor"
    assert (await site.say(app, headers={**site.key})).status == 429, "and there were three"
    await site.change(app, limits={"visitor": {"hour": 2}, "total": {}})
    assert (await site.say(app, headers={**site.key})).status == 200
    site.clock.time += 3_600_000_000
    assert (await site.say(app)).status == 200


async def test_a_paused_app_says_so(site: Site) -> None:
    app = await site.app()
    await site.change(app, paused=True)
    refused = await site.say(app)
    assert (refused.status, refused.body["error"]["code"]) == (403, "app_paused")
    await site.change(app, paused=False)
    assert (await site.say(app)).status == 200


@pytest.mark.parametrize("ending", ["rotate", "delete"])
async def test_an_old_address_is_nothing(site: Site, ending: str) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    site.vendor.reply = lambda _: Reply(["one ", "two"], gate=asyncio.Event())
    url = site.parlez.url + site.path(app)
    body = {"prompt": "Count", "stream": True}
    headers = sent(session, Accept="text/event-stream")
    async with site.parlez.client.post(url, json=body, headers=headers) as response:
        await read_events(response, 1)
        if ending == "rotate":
            path = f"/api/apps/{app['id']}/rotate-url"
            new = (await site.parlez.call("POST", path)).body
            assert new["url"] != app["url"]
        else:
            gone = await site.parlez.call("DELETE", f"/api/apps/{app['id']}")
            assert gone.status == 204
        rest, _ = await read_events(response)
        assert rest[-1]["more"] is False
        turn_id = response.headers["Parlez-Turn-Id"]
    stopped = await site.parlez.call("GET", f"/turns/{turn_id}")
    assert (stopped.body["state"], stopped.body["text"]) == ("stopped", "one ")
    site.vendor.reply = echo
    assert (await site.say(app, "Hi", session)).status == 404
    if ending == "rotate":
        assert (await site.say(new, "Hi", session)).status == 200


async def test_apps_are_managed_by_their_account_alone(site: Site) -> None:
    first, second = await site.app(name="one"), await site.app(name="two")
    listed = (await site.parlez.call("GET", "/api/apps?limit=1")).body
    assert [each["id"] for each in listed["apps"]] == [second["id"]]
    more = await site.parlez.call("GET", f"/api/apps?limit=1&before={listed['before']}")
    assert more.body["apps"][0] == first
    changed = await site.change(first, name="uno", models=["gpt-4"])
    assert (changed["name"], changed["default_model"]) == ("uno", "gpt-4")
    assert changed["url"] == first["url"]
    assert (await site.parlez.call("GET", f"/api/apps/{first['id']}")).body == changed
    theirs = await second_account(site.parlez)
    path = f"/api/apps/{first['id']}"
    for method, each, body in (
        ("GET", path, None),
        ("PATCH", path, {"name": "mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-url", None),
        ("GET", f"/api/apps?before={first['id']}", None),
    ):
        refused = await site.parlez.call(method, each, body, headers=theirs)
        assert refused.status == 404
    assert (await site.parlez.call("GET", "/api/apps", headers=theirs)).body["apps"] == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 400),
        ({"models": []}, 400),
        ({"models": ["nothing-of-the-kind"]}, 404),
        ({"default_model": "gpt-4o"}, 400),
        ({"documents": [str(uuid.uuid4())]}, 404),
        ({"origins": ["example.com"]}, 400),
        ({"origins": ["https://example.com/path"]}, 400),
        ({"limits": {"visitor": {"hour": 0}}}, 400),
        ({"paused": "yes"}, 400),
    ],
)
async def test_apps_that_cannot_be(site: Site, fields: dict[str, Any], status: int) -> None:
    body = {"name": "x", "models": [MODEL], **fields}
    refused = await site.parlez.call("POST", "/api/apps", body)
    assert refused.status == status, refused.body


QUESTION = "When was the lighthouse of Brest lit?"
PAGES = ["A tax is money that a state takes.", "The lighthouse of Brest was lit in 1902."]


async def test_answers_rest_on_its_documents_and_its_assistants(site: Site) -> None:
    site.vendor.reply = lambda _: Reply(["It was lit in 1902 [1]."])
    document_id = await ready_document(site.parlez, "report.pdf", files.pdf(PAGES))
    number = (await assistant(site, "Keeper", "Speak like a keeper.")).number
    for app in (
        await site.app(documents=[document_id], allow_no_search=True),
        await site.app(assistant_id=number, allow_no_search=True),
        await site.app(assistant_id=number, documents=[document_id], allow_no_search=True),
    ):
        session = str(uuid.uuid4())
        answer = await site.say(app, QUESTION, session)
        [cited] = answer.body["citations"]
        assert "lit in 1902" in cited["quote"]
        told, _, _ = await site.stream(app, QUESTION, session)
        assert [each["quote"] for each in told[-1]["citations"]] == [cited["quote"]]
        without = await site.say(app, QUESTION, session, no_search=True)
        assert without.body["citations"] == []
        assert "<quote" not in site.vendor.asked[-1]["messages"][-1]["content"]
        unknown = await site.say(app, "Who is the queen of Denmark?", no_history=True)
        assert "could not find that in the documents" in unknown.body["response"]
    assert "Speak like a keeper." in site.vendor.asked[-1]["messages"][0]["content"]
    assert (await site.parlez.call("DELETE", f"/api/documents/{document_id}")).status == 204
    assert (await site.say(app, QUESTION)).status == 200


async def test_it_answers_as_the_assistant_that_it_has_now(site: Site) -> None:
    first = await assistant(site, "First", "Be the first.")
    second = await assistant(site, "Second", "Be the second.")
    app, session = await site.app(assistant_id=first.number), str(uuid.uuid4())
    for change, told in (
        ({}, "Be the first."),
        ({"assistant_id": second.number}, "Be the second."),
        ({"name": "renamed"}, "Be the second."),
        ({"assistant_id": None}, None),
    ):
        app = await site.change(app, **change)
        assert (await site.say(app, "Hello", session, no_search=False)).status == 200
        roles = {each["role"]: each["content"] for each in site.vendor.asked[-1]["messages"]}
        assert told is None or told in roles["system"]
        assert told is not None or "system" not in roles
    await site.change(app, assistant_id=second.number)
    scope = site.parlez.services.accounts.first
    await site.parlez.services.assistants.delete(scope, second.number)
    assert (await site.say(app, "Hello", session)).status == 404
    assert (await site.say(app, "Hello")).status == 404
    missing = {"name": "x", "models": [MODEL], "assistant_id": second.number}
    assert (await site.parlez.call("POST", "/api/apps", missing)).status == 404


async def assistant(site: Site, name: str, instructions: str) -> Assistant:
    """One that knows the document about lighthouses."""
    inside = site.parlez.services
    found = await inside.assistants.create(
        inside.accounts.first,
        AssistantChanges(f"{name} {uuid.uuid4()}", "Lights Ltd", instructions),
        [("lights.md", io.BytesIO("\n\n".join(PAGES).encode()))],
    )
    await settled(site.parlez, found.documents[0].id)
    return found


async def test_a_session_reads_what_it_said(site: Site) -> None:
    app, session = await site.app(), str(uuid.uuid4())
    path = site.path(app, "/messages")
    assert (await site.parlez.call("GET", path, headers=sent(session))).body["messages"] == []
    said = await site.say(app, "Hello", session)
    of_owner = f"/conversations/{said.headers['parlez-conversation-id']}/message"
    assert (await site.parlez.call("POST", of_owner, {"message": "A secret"})).status == 200
    found = (await site.parlez.call("GET", path, headers=sent(session))).body["messages"]
    assert [(each["role"], each["content"]) for each in found] == [
        ("user", "Hello"),
        ("assistant", "You said: Hello "),
    ]
    assert {each["turn_id"] for each in found} == {said.body["turn_id"]}
    others = await site.parlez.call("GET", path, headers=sent())
    assert others.body["messages"] == []


async def test_the_chat_page_is_for_pages_of_its_origins(site: Site) -> None:
    app = await site.app(name="A <b> & c", origins=["https://example.com"])
    page = await site.parlez.call("GET", site.path(app, "/chat"))
    assert page.status == 200
    assert "A &lt;b&gt; &amp; c" in page.body.decode()
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert policy.endswith("frame-ancestors 'self' https://example.com")
    assert "set-cookie" not in page.headers
    script = site.path(app, "/widget.js")
    assert app["snippet"] == f'<script async src="{site.parlez.url}{script}"></script>'
    widget = await site.parlez.call("GET", script)
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(widget.body) < 5_000
    alone = await site.parlez.call("GET", site.path(await site.app(), "/chat"))
    assert alone.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert (await site.parlez.call("GET", f"/apps/{'0' * 32}/chat")).status == 404
    locked = await site.app(key_required=True)
    assert (locked["chat_url"], locked["snippet"]) == (None, None)
    assert (await site.parlez.call("GET", site.path(app))).status == 405
