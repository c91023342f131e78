"""Conversations, templates, feedback and models over the platform API."""

from typing import Any

import pytest
from tests.support.people import second_account
from tests.support.server import Answer, Running
from tests.support.vendor import Vendor

BASE = "/api/conversations"
TEMPLATE = {
    "name": "guide",
    "display_name": "Guide",
    "system_prompt": "You know {{city}}. Answer in {{language}}.",
    "defaults": {"language": "English"},
}


@pytest.fixture
def server_database() -> None:
    """One kind of database is enough: what differs is tested below the routes."""


async def call(
    parlez: Running, method: str, path: str, body: Any = None, status: int = 200, **options: Any
) -> Any:
    answer = await parlez.call(method, path, body, **options)
    assert answer.status == status, answer.body
    return answer.body


async def begin(parlez: Running, **fields: Any) -> str:
    made = await call(parlez, "POST", BASE, fields, 201)
    return str(made["id"])


async def test_a_conversation_is_kept_as_it_was_made(parlez: Running) -> None:
    fields = {
        "title": "Bees",
        "description": "All about them",
        "model": "gpt-4o",
        "system_prompt": "You are a bee.",
        "metadata": {"tags": ["a", 1, None, {"é": True}]},
        "user_id": "u",
    }
    made = await call(parlez, "POST", BASE, fields, 201)
    assert fields.items() <= made.items()
    assert (made["message_count"], made["template"], made["archived_at"]) == (0, None, None)
    assert await call(parlez, "GET", f"{BASE}/{made['id']}?user_id=u") == made
    await call(parlez, "GET", f"{BASE}/{made['id']}?user_id=other", status=404)
    [listed] = (await call(parlez, "GET", f"{BASE}?user_id=u"))["conversations"]
    assert listed | {"system_prompt": "You are a bee."} == made


async def test_a_conversation_is_made_once_for_a_key(parlez: Running) -> None:
    headers = {"Idempotency-Key": "k"}
    made = [await call(parlez, "POST", BASE, {}, 201, headers=headers) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0]["title"] == "New conversation"
    await call(parlez, "POST", BASE, {"title": "x"}, 409, headers=headers)


async def test_only_what_is_sent_is_changed(parlez: Running) -> None:
    path = f"{BASE}/{await begin(parlez, title='a', description='b', metadata={'c': 1})}"
    changed = await call(parlez, "PATCH", path, {"title": "new"})
    assert (changed["title"], changed["description"]) == ("new", "b")
    changed = await call(parlez, "PATCH", path, {"description": None, "metadata": None})
    assert (changed["title"], changed["description"], changed["metadata"]) == ("new", None, {})
    await call(parlez, "PATCH", path, {"title": None})
    chat = {"message": "What is a bee?", "conversation_id": path.rpartition("/")[2]}
    await call(parlez, "POST", "/api/chat", chat)
    assert (await call(parlez, "GET", path))["title"] == "What is a bee?"
    await call(parlez, "PATCH", f"{path}?user_id=other", {"title": "x"}, 404)


async def test_its_model_and_prompt_hold(parlez: Running, vendor: Vendor) -> None:
    conversation_id = await begin(parlez, model="gpt-4", system_prompt="You are a bee.")
    chat = {"message": "Hi", "conversation_id": conversation_id}
    assert (await call(parlez, "POST", "/api/chat", chat))["model"] == "gpt-4"
    assert vendor.asked[-1]["messages"][0]["content"] == "You are a bee."
    assert (await call(parlez, "POST", "/api/chat", {**chat, "model": "gpt-4o"}))["model"] == (
        "gpt-4o"
    )
    await call(parlez, "PATCH", f"{BASE}/{conversation_id}", {"model": "", "system_prompt": ""})
    assert (await call(parlez, "POST", "/api/chat", chat))["model"] == "gpt-4o"
    assert vendor.asked[-1]["messages"][0]["role"] == "user"


BAD_PROFILES: list[tuple[dict[str, Any], int]] = [
    ({"title": "x" * 256}, 400),
    ({"title": 1}, 400),
    ({"model": "none"}, 404),
    ({"metadata": "x"}, 400),
    ({"metadata": {"x": "\ud800"}}, 400),
    ({"system_prompt": "x" * 100_001}, 400),
    ({"title": "nul \0"}, 400),
]


async def test_bad_profiles_are_refused(parlez: Running) -> None:
    for body, status in BAD_PROFILES:
        await call(parlez, "POST", BASE, body, status)
        await call(parlez, "PATCH", f"{BASE}/{await begin(parlez)}", body, status)


async def test_lists_are_of_one_user_and_paged(parlez: Running) -> None:
    made = [await begin(parlez, user_id="u") for _ in range(5)]
    alone = await begin(parlez)
    listed = await call(parlez, "GET", BASE)
    assert [each["id"] for each in listed["conversations"]] == [alone]
    everybody = await call(parlez, "GET", f"{BASE}?all_users=true")
    assert (everybody["total"], everybody["conversations"][0]["id"]) == (6, alone)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await call(parlez, "GET", f"{BASE}?user_id=u&limit=2&cursor={cursor}")
        assert (page["total"], page["limit"]) == (5, 2)
        seen += [each["id"] for each in page["conversations"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    page = await call(parlez, "GET", f"{BASE}?user_id=u&limit=2&offset=3")
    assert [each["id"] for each in page["conversations"]] == seen[3:]


BAD_PAGES = [
    "limit=0",
    "limit=1001",
    "limit=x",
    "offset=-1",
    "offset=10001",
    "cursor=x",
    "user_id=",
]


async def test_bad_pages_are_refused(parlez: Running) -> None:
    for query in BAD_PAGES:
        refused = await call(parlez, "GET", f"{BASE}?{query}", status=400)
        if "10001" in query:
            assert "cursor" in refused["error"]["message"]
            path = f"/api/conversation/{await begin(parlez)}/messages?{query}"
            assert "cursor" in (await call(parlez, "GET", path, status=400))["error"]["message"]


async def test_what_is_archived_is_listed_when_asked_for(parlez: Running) -> None:
    conversation_id = await begin(parlez)
    path = f"{BASE}/{conversation_id}"
    assert (await call(parlez, "POST", f"{path}/archive"))["archived_at"] is not None
    assert (await call(parlez, "GET", BASE))["total"] == 0
    assert (await call(parlez, "GET", f"{BASE}?archived=true"))["total"] == 1
    await call(parlez, "POST", "/api/chat", {"message": "x", "conversation_id": conversation_id})
    assert (await call(parlez, "POST", f"{path}/restore"))["archived_at"] is None
    assert (await call(parlez, "GET", BASE))["total"] == 1
    assert (await call(parlez, "DELETE", path))["status"] == "success"
    assert (await call(parlez, "GET", BASE))["total"] == 0
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/archive")):
        await call(parlez, method, path + suffix, status=404)


async def test_messages_are_added_and_paged(parlez: Running) -> None:
    conversation_id = await begin(parlez)
    path = f"{BASE}/{conversation_id}/messages"
    headers = {"Idempotency-Key": "k"}
    note = {"role": "assistant", "content": "Welcome!"}
    added = [await call(parlez, "POST", path, note, 201, headers=headers) for _ in range(2)]
    assert added[0] == added[1]
    await call(parlez, "POST", path, {**note, "content": "x"}, 409, headers=headers)
    for number in range(4):
        await call(parlez, "POST", path, {"role": "user", "content": str(number)}, 201)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await call(parlez, "GET", f"{path}?limit=2&cursor={cursor}")
        assert (page["total"], page["offset"]) == (5, len(seen))
        seen += [each["content"] for each in page["messages"]]
        cursor = page["next_cursor"]
    assert seen == ["Welcome!", "0", "1", "2", "3"]
    page = await call(parlez, "GET", f"/api/conversation/{conversation_id}/messages?offset=4")
    assert [each["content"] for each in page["messages"]] == ["3"]
    for body in ({"role": "system", "content": "x"}, {"role": "user", "content": " "}):
        await call(parlez, "POST", path, body, 400)


async def test_exports_hold_everything(parlez: Running) -> None:
    conversation_id = await begin(parlez, title="Bees", user_id="u")
    path = f"{BASE}/{conversation_id}"
    for number in range(3):
        chat = {"message": f"{number} é\U0001f600", "conversation_id": conversation_id}
        await call(parlez, "POST", "/api/chat", chat)
    said = (await call(parlez, "GET", f"{path}/messages"))["messages"]
    as_json = await call(parlez, "GET", f"{path}/export")
    assert as_json == {"conversation": await call(parlez, "GET", path), "messages": said}
    for form, beginning, media_type in (
        ("markdown", "# Bees\n\n**User** · ", "text/markdown"),
        ("text", "Bees\n\nUser (", "text/plain"),
    ):
        answer: Answer = await parlez.call("GET", f"{path}/export?format={form}")
        text = answer.body.decode()
        assert text.startswith(beginning)
        assert all(each["content"].strip() in text for each in said)
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["content-disposition"].startswith("attachment; ")
    await call(parlez, "GET", f"{path}/export?format=pdf", status=400)
    await call(parlez, "GET", f"{path}/export?user_id=other", status=404)


async def test_templates_are_made_used_changed_and_deleted(parlez: Running, vendor: Vendor) -> None:
    made = await call(parlez, "POST", "/api/templates", TEMPLATE, 201)
    assert (made["variables"], made["defaults"]) == (["city", "language"], TEMPLATE["defaults"])
    assert await call(parlez, "GET", "/api/template/guide") == made
    listed = (await call(parlez, "GET", "/api/templates"))["templates"]
    assert [each["read_only"] for each in listed] == [True, True, True, False]
    await call(parlez, "POST", "/api/templates", TEMPLATE, 409)
    conversation_id = await begin(parlez)
    path = f"/api/conversation/{conversation_id}/template"
    use = {"template_name": "guide", "variables": {"city": "{{language}} ${x}"}}
    used = await call(parlez, "POST", path, use)
    assert used["system_prompt"] == "You know {{language}} ${x}. Answer in English."
    changed = {"system_prompt": "Other.", "variables": ["unused"], "defaults": {"unused": ""}}
    replaced = await call(parlez, "PUT", "/api/template/guide", changed)
    assert (replaced["id"], replaced["variables"]) == (made["id"], ["unused"])
    chat = {"message": "x", "conversation_id": conversation_id}
    await call(parlez, "POST", "/api/chat", chat)
    assert vendor.asked[-1]["messages"][0]["content"] == used["system_prompt"], "it is kept"
    assert (await call(parlez, "GET", f"{BASE}/{conversation_id}"))["template"] == "guide"
    await call(parlez, "DELETE", "/api/template/guide")
    for method, body in (("GET", None), ("PUT", changed), ("DELETE", None)):
        await call(parlez, method, "/api/template/guide", body, 404)
    await call(parlez, "PATCH", f"{BASE}/{conversation_id}", {"system_prompt": "Mine."})
    assert (await call(parlez, "GET", f"{BASE}/{conversation_id}"))["template"] is None


async def test_built_in_templates_cannot_be_changed(parlez: Running) -> None:
    path = "/api/template/expert_assistant"
    await call(parlez, "PUT", path, {"system_prompt": "x"}, 403)
    await call(parlez, "DELETE", path, status=403)
    taken = {**TEMPLATE, "name": "expert_assistant"}
    await call(parlez, "POST", "/api/templates", taken, 409)


BAD_TEMPLATES: list[dict[str, Any]] = [
    {"name": "a b"},
    {"name": ""},
    {"name": "x" * 65},
    {"variables": ["city"]},
    {"variables": ["city", "language", "city"]},
    {"defaults": {"none": "x"}},
    {"defaults": {"city": 1}},
    {"system_prompt": ""},
]


async def test_bad_templates_are_refused(parlez: Running) -> None:
    for wrong in BAD_TEMPLATES:
        await call(parlez, "POST", "/api/templates", {**TEMPLATE, **wrong}, 400)


async def test_wrong_variables_are_refused(parlez: Running) -> None:
    await call(parlez, "POST", "/api/templates", TEMPLATE, 201)
    path = f"/api/conversation/{await begin(parlez)}/template"
    for values in ({}, {"city": "x", "more": "y"}, {"city": None}):
        await call(parlez, "POST", path, {"template_name": "guide", "variables": values}, 400)


async def answered(parlez: Running) -> dict[str, str]:
    """The ids of an answer."""
    answer = await call(parlez, "POST", "/api/chat", {"message": "Hi"})
    return {name: answer[name] for name in ("conversation_id", "message_id")}


async def test_feedback_is_replaced_and_analysed(parlez: Running) -> None:
    where = await answered(parlez)
    given = set()
    for kind, value, user in (
        ("thumbs_up", 1, "a"),
        ("thumbs_up", None, "a"),
        ("thumbs_down", None, "b"),
        ("rating", 5, "a"),
        ("rating", 4, "b"),
        ("report", None, None),
    ):
        body = {**where, "feedback_type": kind, "feedback_value": value, "user_id": user}
        given.add((await call(parlez, "POST", "/api/feedback", body))["feedback_id"])
    assert len(given) == 5
    path = f"/api/feedback/analyze/{where['conversation_id']}"
    found = await call(parlez, "GET", path)
    assert (found["total_feedback"], found["messages_with_feedback"]) == (5, 1)
    assert (found["positive_feedback"], found["negative_feedback"]) == (3, 2)
    assert found["average_rating"] == 4.5
    assert {each["feedback_value"] for each in found["feedback_details"]} == {1, -1, 5, 4, None}
    assert len((await call(parlez, "GET", f"{path}?limit=2"))["feedback_details"]) == 2


BAD_FEEDBACK: list[tuple[dict[str, Any], int]] = [
    ({"feedback_type": "rating"}, 400),
    ({"feedback_type": "rating", "feedback_value": 0}, 400),
    ({"feedback_type": "rating", "feedback_value": 6}, 400),
    ({"feedback_type": "rating", "feedback_value": 4.5}, 400),
    ({"feedback_type": "thumbs_up", "feedback_value": 2}, 400),
    ({"feedback_type": "stars"}, 400),
    ({"message_id": "msg_1"}, 404),
    ({"conversation_id": "conv_1"}, 404),
]


async def test_bad_feedback_is_refused(parlez: Running) -> None:
    for wrong, status in BAD_FEEDBACK:
        body = {**await answered(parlez), "feedback_type": "thumbs_up", **wrong}
        await call(parlez, "POST", "/api/feedback", body, status)


async def test_models_say_whether_they_can_be_used(parlez: Running) -> None:
    models = {each["name"]: each for each in (await call(parlez, "GET", "/api/models"))["models"]}
    assert models["gpt-4o"]["available"]
    assert models["gpt-4o"]["provider"] == "OpenAI"
    assert models["gpt-4o"]["reason"] is None
    assert not models["claude-3-opus"]["available"]
    assert "ANTHROPIC_API_KEY" in models["claude-3-opus"]["reason"]


async def test_a_second_account_finds_nothing_of_the_first(parlez: Running) -> None:
    """What lists, and what has an id in its body; ids in paths are tried for every dialect."""
    where = await answered(parlez)
    await call(parlez, "POST", "/api/templates", TEMPLATE, 201)
    headers = await second_account(parlez)
    assert (await call(parlez, "GET", f"{BASE}?all_users=true", headers=headers))["total"] == 0
    templates = (await call(parlez, "GET", "/api/templates", headers=headers))["templates"]
    assert len(templates) == 3
    for path, body in (
        ("/api/feedback", {**where, "feedback_type": "thumbs_up"}),
        ("/api/chat", {"message": "x", "conversation_id": where["conversation_id"]}),
        (
            "/api/chat/completions",
            {
                "messages": [{"role": "user", "content": "x"}],
                "conversation_id": where["conversation_id"],
            },
        ),
        ("/api/chat", {"message": "x", "template": {"name": "guide"}}),
    ):
        foreign = await parlez.call("POST", path, body, headers=headers)
        assert foreign.status == 404
        if "template" not in body:
            nothing = {**body, "conversation_id": f"conv_{'0' * 32}"}
            missing = await parlez.call("POST", path, nothing, headers=headers)
            assert foreign.body == missing.body
