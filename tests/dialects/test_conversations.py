"""The AI Conversation API: every call of its reference document, and what the document implies."""

import io
import uuid

import pytest
from tests.support.server import Running, text_of
from tests.support.vendor import Reply, Vendor

START = {"user_id": "123", "message": "Hello!"}


async def test_start_answers_as_documented(parlez: Running) -> None:
    answer = await parlez.call("POST", "/conversations/start", START)
    assert answer.status == 200
    assert answer.body["reply"] == "You said: Hello! "
    assert str(uuid.UUID(answer.body["conversation_id"])) == answer.body["conversation_id"]


async def test_send_answers_as_documented(parlez: Running) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    path = f"/conversations/{started.body['conversation_id']}/message"
    answer = await parlez.call("POST", path, {"message": "Tell me a joke"})
    assert answer.status == 200
    assert answer.body["reply"] == "You said: Tell me a joke "


async def test_history_comes_back_in_order(parlez: Running) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    conversation_id = started.body["conversation_id"]
    for text in ("one", "two", "three"):
        await parlez.call("POST", f"/conversations/{conversation_id}/message", {"message": text})
    answer = await parlez.call("GET", f"/conversations/{conversation_id}")
    assert answer.status == 200
    assert answer.body["conversation_id"] == conversation_id
    said = [(message["role"], message["content"]) for message in answer.body["messages"]]
    assert said == [
        pair
        for text in ("Hello!", "one", "two", "three")
        for pair in (("user", text), ("assistant", f"You said: {text} "))
    ]


async def test_the_model_is_sent_the_conversation(parlez: Running, vendor: Vendor) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    path = f"/conversations/{started.body['conversation_id']}/message"
    await parlez.call("POST", path, {"message": "And now?"})
    assert vendor.asked[-1]["messages"] == [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "You said: Hello! "},
        {"role": "user", "content": "And now?"},
    ]


async def test_history_pages_backwards(parlez: Running) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    path = f"/conversations/{started.body['conversation_id']}"
    for number in range(4):
        await parlez.call("POST", f"{path}/message", {"message": str(number)})
    seen: list[str] = []
    before = ""
    while True:
        page = (await parlez.call("GET", f"{path}?limit=3{before}")).body
        seen = [message["content"] for message in page["messages"]] + seen
        if page["before"] is None:
            break
        before = f"&before={page['before']}"
    whole = (await parlez.call("GET", path)).body
    assert seen == [message["content"] for message in whole["messages"]]
    assert len(seen) == 10


async def test_a_trailing_slash_changes_nothing(parlez: Running) -> None:
    answer = await parlez.call("POST", "/conversations/start/", START, allow_redirects=False)
    assert answer.status == 200


async def test_stream_has_the_whole_answer(parlez: Running) -> None:
    events = await parlez.stream("POST", "/conversations/start", {**START, "stream": True})
    assert events[0].type == "turn-started"
    assert text_of(events) == "You said: Hello! "
    assert [event.type for event in events[-2:]] == ["usage-reported", "turn-ended"]
    assert events[-1].data == {"state": "completed", "reason": "stop"}
    path = f"/conversations/{events[0].data['conversation_id']}"
    history = await parlez.call("GET", path)
    assert history.body["messages"][1]["content"] == text_of(events)


async def test_answers_name_their_turn(parlez: Running) -> None:
    answer = await parlez.call("POST", "/conversations/start", START)
    turn_id = answer.headers["parlez-turn-id"]
    turn = await parlez.call("GET", f"/turns/{turn_id}")
    assert turn.body["text"] == answer.body["reply"]
    assert turn.body["conversation_id"] == answer.headers["parlez-conversation-id"]


async def test_delete_erases(parlez: Running) -> None:
    started = await parlez.call("POST", "/conversations/start", START)
    path = f"/conversations/{started.body['conversation_id']}"
    assert (await parlez.call("DELETE", path)).status == 204
    assert (await parlez.call("GET", path)).status == 404
    assert (await parlez.call("DELETE", path)).status == 404
    turn = f"/turns/{started.headers['parlez-turn-id']}"
    assert (await parlez.call("GET", turn)).status == 404


async def test_delete_stops_what_is_being_said(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda text: Reply(["slow "] * 1000, delay=0.01)
    events = await parlez.stream("POST", "/conversations/start", {**START, "stream": True}, most=3)
    path = f"/conversations/{events[0].data['conversation_id']}"
    assert (await parlez.call("DELETE", path)).status == 204
    assert parlez.services.engine.open_turns == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"user_id": "1"}, 400),
        ({"message": "x"}, 400),
        ({"user_id": 123, "message": "x"}, 400),
        ({"user_id": "1", "message": ""}, 400),
        ({"user_id": "1", "message": " \n\t"}, 400),
        ({"user_id": "1", "message": None}, 400),
        ({"user_id": "1", "message": ["x"]}, 400),
        ({"user_id": "1", "message": "x", "stream": "yes"}, 400),
        ({"user_id": "1", "message": "nul \0"}, 400),
        ({"user_id": "1", "message": "half \ud83d"}, 400),
        ({"user_id": "x" * 256, "message": "x"}, 400),
        ([], 400),
        ("text", 400),
    ],
)
async def test_bad_input_is_refused_plainly(parlez: Running, body: object, status: int) -> None:
    answer = await parlez.call("POST", "/conversations/start", body)
    assert answer.status == status
    assert set(answer.body) == {"detail", "code"}
    assert not (await parlez.services.engine.sweep())


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"user_id": "1", "message": "\xff"}', "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b'{"user_id": "1", "message": NaN}', "application/json", 400),
        (b'{"user_id": "1", "message": ' + b"9" * 10_000 + b"}", "application/json", 400),
        (b'{"user_id": "1", "message": "' + b"x" * 50_000_000 + b'"}', "application/json", 413),
        (b'{"user_id": "1", "message": "x"}', "text/plain", 415),
        (b"user_id=1&message=x", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_bodies_that_are_no_json(
    parlez: Running, data: bytes, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    body = io.BytesIO(data)
    answer = await parlez.call("POST", "/conversations/start", data=body, headers=headers)
    assert answer.status == status
    assert set(answer.body) == {"detail", "code"}


async def test_a_large_body_without_a_length_is_refused(parlez: Running) -> None:
    async def pieces() -> object:
        for _ in range(60):
            yield b"x" * 50_000

    headers = {"Content-Type": "application/json"}
    answer = await parlez.call("POST", "/conversations/start", data=pieces(), headers=headers)
    assert answer.status == 413


@pytest.mark.parametrize(
    "unknown", ["nope", "00000000-0000-7000-8000-000000000000", "%00", "1" * 999]
)
async def test_unknown_conversations(parlez: Running, unknown: str) -> None:
    path = f"/conversations/{unknown}"
    for method, suffix, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/message", {"message": "x"}),
    ):
        answer = await parlez.call(method, path + suffix, body)
        assert answer.status == 404
        assert answer.body["detail"] == "There is no such conversation."


async def test_long_text_is_no_error(parlez: Running) -> None:
    body = {"user_id": "1", "message": "word " * 200_000}
    answer = await parlez.call("POST", "/conversations/start", body)
    assert answer.status == 200
