"""Talking over the platform API: whole, in pieces, and elsewhere than at the tip."""

import asyncio
import json
from typing import Any

import pytest
from tests.support.server import Answer, Running, text_of
from tests.support.vendor import Reply, Vendor

CHAT = "/api/chat"
COMPLETIONS = "/api/chat/completions"
ASKED = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def server_database() -> None:
    """One kind of database is enough: what differs is tested below the routes."""


async def say(parlez: Running, message: str = "Hi", **fields: Any) -> dict[str, Any]:
    answer = await parlez.call("POST", CHAT, {"message": message, **fields})
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


async def messages(parlez: Running, conversation_id: str) -> list[dict[str, Any]]:
    answer = await parlez.call("GET", f"/api/conversation/{conversation_id}/messages")
    assert answer.body["total"] == len(answer.body["messages"])
    found: list[dict[str, Any]] = answer.body["messages"]
    return found


async def contents(parlez: Running, conversation_id: str) -> list[str]:
    return [message["content"] for message in await messages(parlez, conversation_id)]


def pieces(answer: Answer) -> list[Any]:
    """The data of the events of a streamed completion."""
    lines = answer.body.decode().split("\n")
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [each if each == "[DONE]" else json.loads(each) for each in data]


async def test_a_conversation_goes_on(parlez: Running, vendor: Vendor) -> None:
    first = await say(parlez, "one", user_id="u")
    second = await say(parlez, "two", conversation_id=first["conversation_id"])
    assert second["conversation_id"] == first["conversation_id"]
    assert second["message"] == "You said: two "
    assert (second["model"], second["state"]) == ("gpt-4o", "completed")
    assert [each["content"] for each in vendor.asked[-1]["messages"]] == [
        *("one", "You said: one "),
        "two",
    ]
    with pytest.raises(AssertionError, match="There is no such conversation"):
        await say(parlez, "three", conversation_id=first["conversation_id"], user_id="other")


async def test_answers_name_their_turn(parlez: Running) -> None:
    answer = await parlez.call("POST", CHAT, {"message": "Hi"})
    turn = await parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")
    assert turn.body["text"] == answer.body["message"]
    again = await say(parlez, conversation_id=answer.headers["parlez-conversation-id"])
    assert again["conversation_id"] == answer.body["conversation_id"], "any spelling is read"


async def test_prompts_hold_for_as_long_as_they_should(parlez: Running, vendor: Vendor) -> None:
    first = await say(parlez, system_prompt="Always.")
    where = {"conversation_id": first["conversation_id"]}
    await say(parlez, **where)
    await say(parlez, **where, system_prompt="Once.")
    template = {"name": "expert_assistant", "variables": {"domain": "bees"}}
    await say(parlez, **where, template=template)
    await say(parlez, **where)
    prompts = [asked["messages"][0]["content"] for asked in vendor.asked]
    assert [prompts[place] for place in (0, 1, 2, 4)] == ["Always.", "Always.", "Once.", "Always."]
    assert prompts[3].startswith("You are an expert in bees.")


async def test_a_conversation_can_begin_with_a_template(parlez: Running, vendor: Vendor) -> None:
    first = await say(parlez, template={"name": "standard_assistant"}, metadata={"a": 1})
    await say(parlez, conversation_id=first["conversation_id"])
    path = f"/api/conversations/{first['conversation_id']}"
    found = (await parlez.call("GET", path)).body
    assert (found["template"], found["metadata"]) == ("standard_assistant", {"a": 1})
    for asked in vendor.asked:
        assert asked["messages"][0] == {"role": "system", "content": found["system_prompt"]}


async def test_options_are_passed_on(parlez: Running, vendor: Vendor) -> None:
    options: dict[str, Any] = {
        "temperature": 0,
        "top_p": 1,
        "max_tokens": 7,
        "stop": ["a", "b"],
        "seed": -3,
    }
    await say(parlez, **options)
    await parlez.call("POST", COMPLETIONS, {**ASKED, **options, "stop": "a"})
    first, second = vendor.asked
    for asked in (first, second):
        assert (asked["temperature"], asked["top_p"], asked["seed"]) == (0, 1, -3)
        assert asked["max_tokens"] == 7
    assert (first["stop"], second["stop"]) == (["a", "b"], ["a"])


WRONG: list[dict[str, Any]] = [
    {"temperature": 2.1},
    {"temperature": "1"},
    {"temperature": True},
    {"top_p": 0},
    {"max_tokens": 0},
    {"max_tokens": 1.5},
    {"stop": ""},
    {"stop": ["x"] * 17},
    {"seed": 2**63},
    {"stream": "yes"},
    {"user_id": ""},
    {"user_id": 5},
    {"metadata": [1]},
    {"metadata": {"a": "\ud800"}},
    {"metadata": {"a": "x" * 20_000}},
    {"template": {"name": "standard_assistant", "variables": {"none": "x"}}},
    {"template": {"name": "standard_assistant", "variables": {"additional_instructions": 1}}},
]


async def test_bad_input_is_refused_plainly(parlez: Running, vendor: Vendor) -> None:
    for path, right in ((CHAT, {"message": "Hi"}), (COMPLETIONS, ASKED)):
        for wrong in WRONG:
            answer = await parlez.call("POST", path, {**right, **wrong})
            assert answer.status == 400, wrong
            assert set(answer.body["error"]) >= {"code", "message"}
            told = answer.body["error"]["message"]
            assert next(iter(wrong)) in told or "variables" in told
    assert not vendor.asked


SENSELESS: list[tuple[str, dict[str, Any], int]] = [
    (CHAT, {}, 400),
    (CHAT, {"message": " "}, 400),
    (CHAT, {"message": "x", "system_prompt": "a", "template": {"name": "b"}}, 400),
    (CHAT, {"message": "x", "template": {"name": "none"}}, 404),
    (CHAT, {"message": "x", "conversation_id": "conv_12345"}, 404),
    (CHAT, {"message": "x", "model": "none"}, 404),
    (COMPLETIONS, {"messages": []}, 400),
    (COMPLETIONS, {"messages": [{"role": "assistant", "content": "x"}]}, 400),
    (COMPLETIONS, {"messages": [{"role": "tool", "content": "x"}]}, 400),
    (COMPLETIONS, {"messages": [{"role": "user", "content": ""}]}, 400),
    (COMPLETIONS, {"messages": "x"}, 400),
]


async def test_what_makes_no_sense_is_refused(parlez: Running, vendor: Vendor) -> None:
    for path, body, status in SENSELESS:
        assert (await parlez.call("POST", path, body)).status == status, body
    assert not vendor.asked


async def test_a_stream_has_the_native_events(parlez: Running) -> None:
    events = await parlez.stream("POST", CHAT, {"message": "Hi", "stream": True})
    assert text_of(events) == "You said: Hi "
    first = events[0].data
    assert [each["id"] for each in await messages(parlez, first["conversation_id"])][1] == (
        first["message_id"]
    )


async def test_completions_are_as_the_originals(parlez: Running, vendor: Vendor) -> None:
    said = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]
    answer = await parlez.call("POST", COMPLETIONS, {"messages": said, "user_id": "u"})
    assert answer.status == 200
    assert answer.body["message"] == "You said: three "
    assert vendor.asked[-1]["messages"] == said
    conversation_id = answer.body["conversation_id"]
    assert await contents(parlez, conversation_id) == ["one", "two", "three", "You said: three "]
    body = {"messages": [*said, {"role": "user", "content": "four"}]}
    again = {**body, "conversation_id": conversation_id, "stream": True}
    streamed = await parlez.call("POST", COMPLETIONS, again)
    *parts, last, done = pieces(streamed)
    assert done == "[DONE]"
    assert "".join(each["content"] for each in parts) == "You said: four "
    names = {(each["conversation_id"], each["message_id"]) for each in (*parts, last)}
    assert names == {(conversation_id, (await messages(parlez, conversation_id))[-1]["id"])}
    assert [each["done"] for each in (*parts, last)] == [False] * len(parts) + [True]
    assert (last["content"], last["state"]) == ("", "completed")
    assert (await contents(parlez, conversation_id))[-2:] == ["four", "You said: four "]


async def test_an_error_on_the_way_is_told_in_the_last_piece(
    parlez: Running, vendor: Vendor
) -> None:
    vendor.reply = lambda text: Reply(status=400)
    streamed = await parlez.call("POST", COMPLETIONS, {**ASKED, "stream": True})
    last, done = pieces(streamed)
    assert (done, last["done"], last["state"]) == ("[DONE]", True, "failed")
    assert set(last["error"]) == {"code", "message"}
    plain = await parlez.call("POST", CHAT, {"message": "Hi"})
    assert plain.status == 502
    assert plain.body["error"]["code"] == last["error"]["code"]


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS])
async def test_a_repeated_call_happens_once(parlez: Running, vendor: Vendor, path: str) -> None:
    body = {"message": "Hi"} if path == CHAT else ASKED
    headers = {"Idempotency-Key": "k"}
    answers = [await parlez.call("POST", path, body, headers=headers) for _ in range(3)]
    assert len({answer.body["message_id"] for answer in answers}) == 1
    assert len(vendor.asked) == 1
    other = await parlez.call("POST", path, {**body, "user_id": "u"}, headers=headers)
    assert other.status == 409


async def test_an_answer_is_made_anew(parlez: Running, vendor: Vendor) -> None:
    first = await say(parlez, "one")
    path = f"/api/conversations/{first['conversation_id']}/regenerate"
    vendor.reply = lambda text: Reply(["anew"])
    headers = {"Idempotency-Key": "k"}
    answers = [await parlez.call("POST", path, {}, headers=headers) for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert answers[0].body["message_id"] != first["message_id"]
    assert await contents(parlez, first["conversation_id"]) == ["one", "anew"]
    other = await parlez.call("POST", path, {"model": "gpt-4"}, headers=headers)
    assert other.status == 409
    vendor.reply = lambda text: Reply(["third"])
    events = await parlez.stream(
        "POST", path, {"message_id": first["message_id"], "stream": True, "temperature": 0.5}
    )
    assert text_of(events) == "third"
    assert vendor.asked[-1]["temperature"] == 0.5
    assert await contents(parlez, first["conversation_id"]) == ["one", "third"]


async def test_a_message_is_edited(parlez: Running) -> None:
    first = await say(parlez, "one")
    conversation_id = first["conversation_id"]
    await say(parlez, "two", conversation_id=conversation_id)
    user_message, answer = (each["id"] for each in (await messages(parlez, conversation_id))[:2])
    path = f"/api/conversations/{conversation_id}/messages"
    edited = await parlez.call("POST", f"{path}/{user_message}/edit", {"message": "1"})
    assert edited.body["message"] == "You said: 1 "
    assert await contents(parlez, conversation_id) == ["1", "You said: 1 "]
    for message_id, status in ((answer, 400), ("msg_none", 404)):
        refused = await parlez.call("POST", f"{path}/{message_id}/edit", {"message": "x"})
        assert refused.status == status


async def test_a_stopped_answer_is_gone_on_with(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["half ", "never"], gate=asyncio.Event())
    events = await parlez.stream("POST", CHAT, {"message": "Hi", "stream": True}, most=2)
    conversation_id = events[0].data["conversation_id"]
    path = f"/api/conversations/{conversation_id}"
    stopped = await parlez.call("POST", f"{path}/stop")
    assert stopped.body == {"status": "success", "conversation_id": conversation_id, "stopped": 1}
    assert await contents(parlez, conversation_id) == ["Hi", "half "]
    vendor.reply = lambda text: Reply(["the ", "rest"])
    whole = await parlez.call("POST", f"{path}/continue", {})
    assert whole.body["message"] == "half the rest"
    assert await contents(parlez, conversation_id) == ["Hi", "half the rest"]
    assert (await parlez.call("POST", f"{path}/continue", {})).status == 409
    assert (await parlez.call("POST", f"{path}/stop")).body["stopped"] == 0


async def test_a_turn_can_be_resumed(parlez: Running) -> None:
    async with parlez.client.post(
        parlez.url + COMPLETIONS, json={**ASKED, "stream": True}
    ) as response:
        turn_id = response.headers["Parlez-Turn-Id"]
        first = await response.content.readline()
    assert first.startswith(b"id: 2.")
    headers = {"Last-Event-ID": "2.4"}
    events = await parlez.stream("GET", f"/turns/{turn_id}/events", headers=headers)
    assert events[-1].type == "turn-ended"
