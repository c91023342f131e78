"""The AIConvoKit API: every call of its reference document, and what was added to it."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from tests.support import files
from tests.support.openai_world import World
from tests.support.people import hash_quickly
from tests.support.reference import FOLDER
from tests.support.server import Answer, text_of
from tests.support.vendor import Reply

from parlez.core.grounding import NOT_IN_THE_DOCUMENTS
from parlez.core.ids import new_id

PASSWORD = "a long enough secret"
MISSING = 10**9

REPORT = [
    "The company earned 40 million euros in 2022.\nIts head office is in Brest.",
    "A tax is money that a state takes.",
    "In 2023 the company earned 31 million euros.",
]
"""An annual report of three pages."""

CALLS = {
    "POST /users/": ("username", "email", "password"),
    "POST /tokens/": ("username", "password"),
    "GET /assistants/": (),
    "POST /assistants/": ("name", "company_name", "instructions", "files"),
    "GET /assistants/<int:pk>/": (),
    "PUT /assistants/<int:pk>/": ("name", "new_name", "company_name", "instructions", "files"),
    "POST /chat/": ("assistant_id",),
    "PUT /chat/<int:pk>/": ("assistant_id", "input"),
}
"""The reference document's, with the fields of their bodies."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


class User:
    """Whoever speaks the dialect, with a token of their own."""

    def __init__(self, world: World, token: str | None = None):
        self.world = world
        self.headers = {"Authorization": f"Token {token}"} if token else {}

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **options: Any
    ) -> Answer:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return await self.world.parlez.call(
            method, f"/api/v1{path}", body, headers=headers, **options
        )

    async def upload(
        self,
        method: str,
        path: str,
        *sent: tuple[str, bytes],
        key: str | None = None,
        **fields: str,
    ) -> Answer:
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        for name, data in sent:
            form.add_field("files", data, filename=name)
        return await self.call(method, path, key=key, data=form)

    async def assistant(self, name: str, *sent: tuple[str, bytes]) -> dict[str, Any]:
        """A new one, its files read to their end."""
        made = await self.upload(
            "POST", "/assistants/", *sent, name=name, company_name="ACME", instructions="Be brief."
        )
        assert made.status == 201, made.body
        return await self.settled(made.body["id"])

    async def settled(self, number: int) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                found = await self.call("GET", f"/assistants/{number}/")
                assert found.status == 200, found.body
                body: dict[str, Any] = found.body
                if all(each["state"] in ("ready", "failed") for each in body["files"]):
                    return body
                await asyncio.sleep(0.02)

    async def chat(self, number: int) -> int:
        made = await self.call("POST", "/chat/", {"assistant_id": number})
        assert made.status == 201, made.body
        return int(made.body["chat_id"])

    async def say(self, chat: int, text: str, **more: Any) -> dict[str, Any]:
        said = await self.call("PUT", f"/chat/{chat}/", {"input": text, **more})
        assert said.status == 200, said.body
        body: dict[str, Any] = said.body
        return body


@pytest_asyncio.fixture(loop_scope="module")
async def user(world: World) -> User:
    """Somebody new."""
    hash_quickly(world.parlez)
    return await sign_up(world)


async def sign_up(world: World) -> User:
    owner = User(world)
    sent = {"username": f"user {new_id()}", "email": "ada@example.com", "password": PASSWORD}
    made = await owner.call("POST", "/users/", sent)
    assert made.status == 201, made.body
    answer = await owner.call("POST", "/tokens/", sent)
    assert answer.status == 200, answer.body
    return User(world, answer.body["token"])


async def test_these_are_the_documents_calls() -> None:
    document = FOLDER / "aiconvokit-api.md"
    if not document.exists():
        pytest.skip("the reference documents do not lie beside this checkout")
    found = {}
    text = document.read_text().split("## Endpoints")[1].split("### Status Codes")[0]
    for part in re.split(r"(?m)^####", text):
        if match := re.search(r"URL: (\S+)\n- Method: (\w+)", part):
            body = re.search(r"- Body: (.*)", part)
            fields = body[1].replace(" (optional)", "").split(", ") if body else []
            found[f"{match[2]} {match[1]}"] = tuple(fields)
    assert found == CALLS


async def test_the_reference_from_beginning_to_end(world: World) -> None:
    """Every call of the document, as somebody would make them who has it open beside."""
    hash_quickly(world.parlez)
    stranger = User(world)
    name = f"ada {new_id()}"
    sent = {"username": name, "email": "ada@example.com", "password": PASSWORD}
    made = await stranger.call("POST", "/users/", sent)
    assert made.status == 201
    assert made.body == {"id": made.body["id"], "username": name, "email": "ada@example.com"}
    assert type(made.body["id"]) is int
    tokens = [
        (await stranger.call("POST", "/tokens/", {"username": name, "password": PASSWORD}))
        for _ in range(2)
    ]
    assert [answer.status for answer in tokens] == [200, 200]
    assert set(tokens[0].body) == {"token"}
    assert tokens[0].body != tokens[1].body, "a new one each time"
    user = User(world, tokens[0].body["token"])
    assert (await user.call("GET", "/assistants/")).body == []

    world.vendor.reply = lambda _: Reply(["It earned 31 million euros [1]."])
    fields = {
        "name": "Annual report",
        "company_name": "ACME",
        "instructions": "Answer politely.",
    }
    made = await user.upload("POST", "/assistants/", ("report.pdf", files.pdf(REPORT)), **fields)
    assert made.status == 201, made.body
    [file] = made.body["files"]
    assert (file["name"], file["state"]) == ("report.pdf", "queued")
    assert file["size"] == len(files.pdf(REPORT))
    number = made.body["id"]
    assert {name: made.body[name] for name in fields} == fields
    assert number == 1
    ready = await user.settled(number)
    assert (ready["files"][0]["state"], ready["files"][0]["pages"]) == ("ready", 3)
    assert (await user.call("GET", "/assistants/")).body == [ready]

    chat = await user.call("POST", "/chat/", {"assistant_id": number})
    assert chat.status == 201
    assert chat.body.items() >= {"id": 1, "chat_id": 1, "assistant_id": number}.items()
    body = {"assistant_id": number, "input": "What did the company earn in 2023?"}
    said = await user.call("PUT", f"/chat/{chat.body['chat_id']}/", body)
    assert said.status == 200
    assert said.body["response"] == "It earned 31 million euros [1]."
    [cited] = said.body["citations"]
    assert (cited["document"], cited["page"]) == ("report.pdf", 3)
    assert cited["quote"] == REPORT[2]
    assert said.headers["parlez-turn-id"]
    told = world.vendor.asked[-1]["messages"][0]
    assert told["role"] == "system"
    assert told["content"] == "You are Annual report, an assistant of ACME.\n\nAnswer politely."

    changes = {**fields, "new_name": "Report", "instructions": "Answer rudely."}
    changed = await user.upload(
        "PUT", f"/assistants/{number}/", ("more.txt", b"The tower is new."), **changes
    )
    assert changed.status == 200, changed.body
    assert (changed.body["name"], changed.body["instructions"]) == ("Report", "Answer rudely.")
    assert [each["name"] for each in changed.body["files"]] == ["report.pdf", "more.txt"]


async def test_a_follow_up_finds_its_page(world: World, user: User) -> None:
    made = await user.assistant("Report", ("report.pdf", files.pdf(REPORT)))
    chat = await user.chat(made["id"])
    world.vendor.reply = lambda _: Reply(["40 million euros [1]."])
    first = await user.say(chat, "What did the company earn in 2022?")
    assert [each["page"] for each in first["citations"]] == [1]
    world.vendor.reply = lambda _: Reply(["31 million euros [1]."])
    second = await user.say(chat, "And in 2023?")
    assert [each["page"] for each in second["citations"]] == [3]
    question = "Who painted the Sistine chapel?"
    nothing = await user.say(await user.chat(made["id"]), question)
    assert (nothing["response"], nothing["citations"]) == (NOT_IN_THE_DOCUMENTS, [])
    read = (await user.call("GET", f"/chat/{chat}/")).body
    assert (read["chat_id"], read["assistant_id"], read["before"]) == (chat, made["id"], None)
    assert [each["role"] for each in read["messages"]] == ["user", "assistant"] * 2
    assert read["messages"][3]["citations"] == second["citations"]
    assert read["messages"][3]["id"] == second["message_id"]
    page = (await user.call("GET", f"/chat/{chat}?limit=2")).body
    assert page["messages"] == read["messages"][-2:]
    rest = (await user.call("GET", f"/chat/{chat}?before={page['before']}")).body
    assert rest["messages"] == read["messages"][:-2]


async def test_instructions_change_in_the_middle_of_a_chat(world: World, user: User) -> None:
    made = await user.assistant("Guide")
    chat = await user.chat(made["id"])
    said = await user.say(chat, "Hello, who are you?")
    assert said["response"] == "You said: Hello, who are you? "
    await user.call("PUT", f"/assistants/{made['id']}", {"instructions": "Be long."})
    await user.say(chat, "And now?")
    told = [asked["messages"][0]["content"].split()[-1] for asked in world.vendor.asked]
    assert told == ["brief.", "long."]
    continued = await world.parlez.call(
        "POST",
        f"/conversations/{await conversation_of(user, chat)}/message",
        {"message": "In another dialect?"},
        headers=user.headers,
    )
    assert continued.status == 200
    assert world.vendor.asked[-1]["messages"][0]["content"].endswith("Be long.")
    assert len((await user.call("GET", f"/chat/{chat}")).body["messages"]) == 6


async def conversation_of(user: User, chat: int) -> str:
    return str((await user.call("GET", f"/chat/{chat}")).body["conversation_id"])


async def test_every_dialect_answers_from_its_files(world: World, user: User) -> None:
    made = await user.assistant("Report", ("report.pdf", files.pdf(REPORT)))
    conversation = await conversation_of(user, await user.chat(made["id"]))
    world.vendor.reply = lambda _: Reply(["It earned 31 million euros [1]."])
    question = "What did the company earn in 2023?"
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"/conversations/{conversation}/message", {"message": question}),
        ("/chat", {"message": question, "conversation_id": conversation}),
        ("/api/chat", {"message": question, "conversation_id": conversation}),
    ]
    for path, body in calls:
        said = await world.parlez.call("POST", path, body, headers=user.headers)
        assert [each["page"] for each in said.body["citations"]] == [3], path
        quiet = {**body, "no_search": True}
        said = await world.parlez.call("POST", path, quiet, headers=user.headers)
        assert said.body["citations"] == [], path
    by_id = await user.call("GET", f"/chat/{conversation}/")
    assert len(by_id.body["messages"]) == 12
    said = await user.call("PUT", f"/chat/{conversation}/", {"input": question, "no_search": True})
    assert said.body["citations"] == []


async def test_an_answer_is_streamed(world: World, user: User) -> None:
    made = await user.assistant("Report", ("report.pdf", files.pdf(REPORT)))
    chat = await user.chat(made["id"])
    pieces = ["It earned ", "31 million ", "euros [1]."]
    world.vendor.reply = lambda _: Reply(pieces)
    events = await world.parlez.stream(
        "PUT",
        f"/api/v1/chat/{chat}/",
        {"input": "What did the company earn in 2023?", "stream": True},
        headers=user.headers,
    )
    assert events[0].data["chat_id"] == chat
    assert text_of(events) == "".join(pieces)
    [cited] = [event.data for event in events if event.type == "citation-added"]
    assert cited["page"] == 3
    assert events[-1].type == "turn-ended"


@pytest.mark.parametrize("spelling", ["json", "urlencoded", "multipart"])
async def test_bodies_have_three_spellings(world: World, user: User, spelling: str) -> None:
    async def call(method: str, path: str, **fields: Any) -> Answer:
        if spelling == "json":
            return await user.call(method, path, fields)
        form = {name: _in_a_form(value) for name, value in fields.items()}
        if spelling == "urlencoded":
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await world.parlez.call(
                method,
                f"/api/v1{path}",
                data=urlencode(form).encode(),
                headers={**headers, **user.headers},
            )
        return await user.upload(method, path, **form)

    made = await call(
        "POST", "/assistants", name=" Zoë & co ", company_name="", instructions="Be brief.\nOr not."
    )
    assert made.status == 201, made.body
    assert made.body["name"] == "Zoë & co"
    assert made.body["instructions"] == "Be brief.\nOr not."
    number = made.body["id"]
    changed = await call("PUT", f"/assistants/{number}", new_name="Zoë", replace_files=True)
    assert (changed.status, changed.body["name"]) == (200, "Zoë")
    chat = await call("POST", "/chat", assistant_id=number)
    assert chat.status == 201, chat.body
    said = await call(
        "PUT", f"/chat/{chat.body['id']}", assistant_id=number, input="Hi é", stream=False
    )
    assert said.body["response"] == "You said: Hi é "
    found = await call("POST", f"/assistants/{number}/search", query="anything", limit=3)
    assert (found.status, found.body) == (200, {"passages": []})
    for fields, wrong in (
        ({}, {"name", "company_name", "instructions"}),
        ({"name": " ", "company_name": "", "instructions": "x"}, {"name"}),
        ({"name": "x" * 256, "company_name": "", "instructions": "\0"}, {"name", "instructions"}),
    ):
        refused = await call("POST", "/assistants", **fields)
        assert refused.status == 400
        assert set(refused.body) == wrong
        assert all(isinstance(each, list) and each for each in refused.body.values())
    for number in ("x", True, None):
        refused = await call("POST", "/chat", assistant_id=number)
        assert (refused.status, list(refused.body)) == (400, ["assistant_id"])


def _in_a_form(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def test_what_is_no_body_of_theirs(world: World, user: User) -> None:
    for raw, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b"name=%ff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=1" for _ in range(101)), "application/x-www-form-urlencoded", 400),
        (b"x", "multipart/form-data", 400),
        (b"name", "text/plain", 415),
        (b"name", "", 415),
    ):
        headers = {**user.headers, "Content-Type": kind}
        answer = await world.parlez.call("POST", "/api/v1/assistants", data=raw, headers=headers)
        assert (answer.status, next(iter(answer.body))) == (status, "detail"), (raw, answer.body)
    unnamed = {"name": "n", "company_name": "", "instructions": "x"}
    for refused in (
        await user.call("POST", "/assistants", {**unnamed, "files": ["report.pdf"]}),
        await user.upload("POST", "/assistants", **unnamed, files="report.pdf"),
    ):
        assert (refused.status, list(refused.body)) == (400, ["files"])
    assert (await user.call("POST", "/assistants", {**unnamed, "files": []})).status == 201


async def test_files_show_how_they_are(world: World, user: User) -> None:
    sent = ("report.pdf", files.pdf(REPORT)), ("locked.pdf", files.pdf(REPORT, password="x"))
    made = await user.assistant("Report", *sent, ("empty.txt", b""))
    assert [each["name"] for each in made["files"]] == ["report.pdf", "locked.pdf", "empty.txt"]
    shown = {each["name"]: each for each in made["files"]}
    assert shown["report.pdf"]["state"] == "ready"
    for name, why in (("locked.pdf", "password"), ("empty.txt", "empty")):
        assert shown[name]["state"] == "failed"
        assert why in shown[name]["reason"]
    its = f"/assistants/{made['id']}"
    for each in made["files"]:
        assert (await user.call("DELETE", f"{its}/files/{each['id']}/")).status == 204
        assert (await user.call("DELETE", f"{its}/files/{each['id']}")).status == 404
    assert (await user.settled(made["id"]))["files"] == []
    search = await user.call("POST", f"{its}/search", {"query": "earned"})
    assert search.body == {"passages": []}


async def test_files_are_added_and_replaced(world: World, user: User) -> None:
    made = await user.assistant("Guide", ("a.txt", b"The tower of Brest was built in 1902."))
    its = f"/assistants/{made['id']}"
    await user.upload("PUT", its, ("b.txt", b"The harbour is deep."))
    both = await user.settled(made["id"])
    assert [each["name"] for each in both["files"]] == ["a.txt", "b.txt"]
    question = {"query": "When was the tower of Brest built?"}
    found = await user.call("POST", f"{its}/search", question)
    assert found.body["passages"][0]["quote"] == "The tower of Brest was built in 1902."
    await user.upload("PUT", its, ("b.txt", b"The harbour is deep."), replace_files="true")
    left = await user.settled(made["id"])
    assert [each["id"] for each in left["files"]] == [both["files"][1]["id"]]
    found = await user.call("POST", f"{its}/search", question)
    assert "tower" not in str(found.body)
    listed = await world.parlez.call("GET", "/api/documents", headers=user.headers)
    assert [each["name"] for each in listed.body["documents"]] == ["b.txt"]
    assert (await user.call("DELETE", its)).status == 204
    listed = await world.parlez.call("GET", "/api/documents", headers=user.headers)
    assert listed.body["documents"] == []


async def test_a_file_that_an_app_names_stays(world: World, user: User) -> None:
    owner = User(world)
    made = await owner.assistant("Guide", ("app.txt", b"The tower is new."))
    file = made["files"][0]["id"]
    app = await world.parlez.call("POST", "/api/apps", {"name": "App", "documents": [file]})
    assert app.status == 201, app.body
    assert (await owner.call("DELETE", f"/assistants/{made['id']}")).status == 204
    assert (await world.parlez.call("GET", f"/api/documents/{file}")).status == 200
    again = await owner.assistant("Guide", ("app.txt", b"The tower is new."))
    assert [each["id"] for each in again["files"]] == [file]
    await world.parlez.call("DELETE", f"/api/apps/{app.body['id']}")
    assert (await owner.call("DELETE", f"/assistants/{again['id']}")).status == 204
    assert (await world.parlez.call("GET", f"/api/documents/{file}")).status == 404


async def test_a_deleted_assistant_leaves_what_was_said(world: World, user: User) -> None:
    made = await user.assistant("Guide")
    chat = await user.chat(made["id"])
    await user.say(chat, "Hello, you")
    assert (await user.call("DELETE", f"/assistants/{made['id']}/")).status == 204
    read = await user.call("GET", f"/chat/{chat}/")
    assert (len(read.body["messages"]), read.body["assistant_id"]) == (2, None)
    assert (await user.call("PUT", f"/chat/{chat}/", {"input": "Hi"})).status == 404
    assert (await user.call("DELETE", f"/chat/{chat}/")).status == 204
    assert (await user.call("GET", f"/chat/{chat}/")).status == 404
    again = await user.assistant("Guide")
    assert again["id"] == made["id"] + 1, "no number is given twice"


async def test_what_is_repeated_happens_once(world: World, user: User) -> None:
    wanted = {"name": "Guide", "company_name": "", "instructions": "Be brief."}
    file = ("a.txt", b"The tower is new.")
    made = [await user.upload("POST", "/assistants/", file, key="made", **wanted) for _ in range(2)]
    assert [each.status for each in made] == [201, 201]
    assert made[0].body["id"] == made[1].body["id"]
    other = ("a.txt", b"The tower is old.")
    refused = await user.upload("POST", "/assistants/", other, key="made", **wanted)
    assert refused.status == 409
    number = made[0].body["id"]
    its = f"/assistants/{number}"
    for _ in range(2):
        added = await user.upload("PUT", its, other, key="added")
        assert (added.status, len(added.body["files"])) == (200, 2)
        await user.call("DELETE", f"{its}/files/{added.body['files'][0]['id']}")
        added = await user.upload("PUT", its, file)
    chats = [
        await user.call("POST", "/chat/", {"assistant_id": number}, key="chat") for _ in range(2)
    ]
    assert chats[0].body == chats[1].body
    chat = chats[0].body["id"]
    said = [
        await user.call("PUT", f"/chat/{chat}/", {"input": "Hello!"}, key="said") for _ in range(2)
    ]
    assert said[0].body == said[1].body
    assert len((await user.call("GET", f"/chat/{chat}")).body["messages"]) == 2
    refused = await user.call("PUT", f"/chat/{chat}/", {"input": "Bye"}, key="said")
    assert refused.status == 409
    assert "detail" in refused.body


async def test_two_accounts_share_nothing(world: World, user: User) -> None:
    """Not even numbers: what is somebody else's looks like what is not there."""
    other = await sign_up(world)
    report = ("report.pdf", files.pdf(REPORT))
    mine = await user.assistant("Report", report)
    chat = await user.chat(mine["id"])
    hers = await other.assistant("Report", ("a.txt", b"The tower is new."))
    assert mine["id"] == hers["id"] == 1, "each counts for itself"
    found = await other.call("POST", "/assistants/1/search", {"query": "earned in 2023"})
    assert "million" not in str(found.body)
    file = mine["files"][0]["id"]
    conversation = await conversation_of(user, chat)
    stranger = User(world, world.stranger.api_key)
    sent: dict[str, Any] = {"input": "Hi", "query": "x", "assistant_id": 1}
    for method, path in (
        ("GET", "/assistants/{}"),
        ("PUT", "/assistants/{}"),
        ("DELETE", "/assistants/{}"),
        ("DELETE", "/assistants/{}/files/" + file),
        ("POST", "/assistants/{}/search"),
        ("GET", "/chat/{}"),
        ("PUT", "/chat/{}"),
        ("DELETE", "/chat/{}"),
    ):
        body = None if method in ("GET", "DELETE") else sent
        foreign = await stranger.call(method, path.format(1), body)
        for missing in (MISSING, 0, 2**40, "x", -1):
            none = await stranger.call(method, path.format(missing), body)
            assert (foreign.status, foreign.body) == (none.status, none.body), path
        assert foreign.status == 404
    for method in ("GET", "PUT", "DELETE"):
        foreign = await stranger.call(
            method, f"/chat/{conversation}", sent if method == "PUT" else None
        )
        assert foreign.status == 404
    assert (await stranger.call("POST", "/chat", {"assistant_id": 1})).status == 404
    assert (await other.call("DELETE", f"/assistants/1/files/{file}")).status == 404
    wrong = await user.call("PUT", f"/chat/{chat}", {"assistant_id": 2, "input": "Hi"})
    assert wrong.status == 404
    assert (await user.settled(1)) == mine


async def test_names_are_given_once(world: World, user: User) -> None:
    await user.assistant("One")
    two = await user.assistant("Two")
    taken = {"name": "One", "company_name": "", "instructions": "x"}
    assert (await user.call("POST", "/assistants", taken)).status == 409
    assert (await user.call("PUT", f"/assistants/{two['id']}", {"new_name": "One"})).status == 409
    same = await user.call("PUT", f"/assistants/{two['id']}", {"name": "Two"})
    assert same.body["name"] == "Two"
    page = await user.call("GET", "/assistants?limit=1&offset=1")
    assert [each["name"] for each in page.body] == ["Two"]


async def test_who_may_sign_up(world: World) -> None:
    """Here whoever has an invitation, and the owner at the machine for others."""
    hash_quickly(world.parlez)
    foreign = {"X-Forwarded-For": "203.0.113.7"}
    sent = {"username": f"eve {new_id()}", "email": "eve@example.com", "password": PASSWORD}
    path = "/api/v1/users/"
    call = world.parlez.call
    refused = await call("POST", path, sent, headers=foreign)
    assert (refused.status, set(refused.body)) == (403, {"detail", "code"})
    invited = await call("POST", "/api/invitations", {"name": "eve"})
    with_code = {**sent, "code": invited.body["code"]}
    assert (await call("POST", path, with_code, headers=foreign)).status == 201
    assert (await call("POST", path, sent)).status == 409
    members = User(world, world.stranger.api_key)
    assert (await members.call("POST", "/users/", sent)).status == 403
    wrong = await call("POST", path, sent, headers={"Authorization": "Token nonsense"})
    assert wrong.status == 401
    for body, fields in (
        ({}, {"username", "email", "password"}),
        ({**sent, "email": "eve"}, {"email"}),
        ({**sent, "password": "short"}, {"password"}),
    ):
        refused = await call("POST", path, body)
        assert (refused.status, set(refused.body)) == (400, fields)
    login = {"username": sent["username"], "password": "a long but wrong one"}
    refused = await call("POST", "/api/v1/tokens/", login)
    assert (refused.status, set(refused.body)) == (401, {"detail", "code"})


async def test_tokens_are_keys_everywhere_and_twenty(world: World, user: User) -> None:
    hash_quickly(world.parlez)
    token = user.headers["Authorization"].removeprefix("Token ")
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
        assert (await world.parlez.call("GET", "/api/conversations", headers=headers)).status == 200
        assert (await world.parlez.call("GET", "/api/keys", headers=headers)).status == 403
    scope = (await world.parlez.services.keys.authenticate(token)).scope
    keys = world.parlez.services.keys
    others = [await keys.create_token(scope) for _ in range(19)]
    oldest = User(world, others[0].text)
    assert (await oldest.call("GET", "/assistants")).status == 200, "it is at hand from now on"
    now = world.parlez.services.gate.clock.now()
    for each in (token.split("_")[1], *(other.id for other in others[1:])):
        await keys._store.touch(each, now + 1_000_000)
    await keys.create_token(scope)
    assert (await oldest.call("GET", "/assistants")).status == 401
    assert (await user.call("GET", "/assistants")).status == 200, "it was used since"
    listed = await keys.list(scope)
    assert len(listed) == 20


async def test_without_a_token_nothing(world: World) -> None:
    foreign = {"X-Forwarded-For": "203.0.113.7"}
    for method, path in (("GET", "/assistants/"), ("POST", "/assistants/"), ("POST", "/chat/")):
        answer = await world.parlez.call(method, f"/api/v1{path}", headers=foreign)
        assert (answer.status, set(answer.body)) == (401, {"detail", "code"})
