"""Answers from documents in every dialect: asked for by `documents`, left out by `no_search`, and
shown with the place of every quote."""

import json
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from tests.support import files
from tests.support.openai_world import World
from tests.support.server import Answer
from tests.support.uploads import ready_document
from tests.support.vendor import Reply

QUESTION = "When was the lighthouse of Brest lit?"
ANSWER = "It was lit in 1902 [1]."
PAGES = ["A tax is money that a state takes.", "The lighthouse of Brest was lit in 1902."]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def document_id(world: World) -> str:
    world.vendor.reply = lambda _: Reply([ANSWER])
    return await ready_document(world.parlez, "report.pdf", files.pdf(PAGES))


def check(citations: list[dict[str, Any]], document_id: str) -> None:
    [cited] = citations
    assert (cited["document_id"], cited["document"], cited["page"]) == (
        document_id,
        "report.pdf",
        2,
    )
    assert "lit in 1902" in cited["quote"]
    assert cited["end"] - cited["start"] == len(cited["quote"])
    assert (cited["answer_start"], cited["answer_end"]) == (0, len(ANSWER))


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "truesync": ("/chat", {"message": QUESTION}),
    "conversations": ("/conversations/start", {"user_id": "1", "message": QUESTION}),
    "platform": ("/api/chat", {"message": QUESTION}),
    "completions": ("/api/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
    "openai": ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
    "responses": ("/v1/responses", {"input": QUESTION}),
}


def citations_of(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    match body.get("object"):
        case "chat.completion":
            found = body["choices"][0]["message"].get("citations", [])
        case "response":
            found = body["output"][0]["content"][0]["annotations"]
        case _:
            found = body["citations"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("dialect", CALLS)
async def test_an_answer_shows_what_it_rests_on(
    world: World, document_id: str, dialect: str
) -> None:
    path, body = CALLS[dialect]
    for documents in (True, [document_id]):
        answer = await world.parlez.call("POST", path, {**body, "documents": documents})
        check(citations_of(answer), document_id)
        turn = await world.parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")
        check(turn.body["citations"], document_id)
    left_out: list[dict[str, Any]] = [
        {},
        {"documents": True, "no_search": True},
        {"documents": []},
    ]
    for without in left_out:
        assert citations_of(await world.parlez.call("POST", path, {**body, **without})) == []
        assert "<quote" not in json.dumps(world.vendor.asked[-1])
    missing = await world.parlez.call("POST", path, {**body, "documents": ["0" * 32]})
    assert missing.status == 404
    for nonsense in ("report.pdf", 1, [""], [1]):
        assert (
            await world.parlez.call("POST", path, {**body, "documents": nonsense})
        ).status == 400


@pytest.mark.parametrize("dialect", ["platform", "completions", "openai", "responses"])
async def test_the_embedded_model_answers_in_the_documents_own_words(
    world: World, document_id: str, dialect: str
) -> None:
    path, body = CALLS[dialect]
    asked = {**body, "documents": True, "model": "smollm2-135m"}
    answer = await world.parlez.call("POST", path, asked)
    turn = (await world.parlez.call("GET", f"/turns/{answer.headers['parlez-turn-id']}")).body
    assert turn["text"] == "“The lighthouse of Brest was lit in 1902.”"
    [cited] = citations_of(answer)
    assert (cited["document_id"], cited["page"]) == (document_id, 2)
    assert cited["quote"] == "The lighthouse of Brest was lit in 1902."


async def test_a_stranger_has_other_documents(world: World, document_id: str) -> None:
    headers = {"Authorization": f"Bearer {world.stranger.api_key}"}
    for path, body in CALLS.values():
        named = {**body, "documents": [document_id]}
        assert (await world.parlez.call("POST", path, named, headers=headers)).status == 404
        answer = await world.parlez.call("POST", path, {**body, "documents": True}, headers=headers)
        assert citations_of(answer) == []
        assert "could not find that" in json.dumps(answer.body)


async def test_the_history_keeps_citations(world: World, document_id: str) -> None:
    start = {"user_id": "1", "message": QUESTION, "documents": True}
    started = await world.parlez.call("POST", "/conversations/start", start)
    conversation = started.body["conversation_id"]
    for path in (f"/conversations/{conversation}", f"/api/conversations/{conversation}/messages"):
        user, answer = (await world.parlez.call("GET", path)).body["messages"]
        assert user["citations"] == []
        check(answer["citations"], document_id)


async def test_streams_tell_citations_before_their_end(world: World, document_id: str) -> None:
    for dialect in ("conversations", "platform"):
        path, body = CALLS[dialect]
        asked = {**body, "documents": True, "stream": True}
        events = await world.parlez.stream("POST", path, asked)
        assert [event.type for event in events[-3:]] == [
            "citation-added",
            "usage-reported",
            "turn-ended",
        ]
        check([events[-3].data], document_id)
    path, body = CALLS["completions"]
    asked = {**body, "documents": True, "stream": True}
    async with world.parlez.client.post(world.parlez.url + path, json=asked) as response:
        last = [line async for line in data_lines(response)][-2]
    check(json.loads(last)["citations"], document_id)


async def data_lines(response: aiohttp.ClientResponse) -> Any:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield line[6:].decode()


async def test_openais_client_sees_citations(world: World, document_id: str) -> None:
    messages: Any = [{"role": "user", "content": QUESTION}]
    stream = await world.client.chat.completions.create(
        model="gpt-4o", messages=messages, stream=True, extra_body={"documents": True}
    )
    told = [getattr(chunk.choices[0].delta, "citations", None) async for chunk in stream]
    check([each for cited in told for each in cited or ()], document_id)
    events = [
        event
        async for event in await world.client.responses.create(
            input=QUESTION, stream=True, extra_body={"documents": True}
        )
    ]
    numbers = [event.sequence_number for event in events]
    assert numbers == list(range(len(numbers)))
    [added] = [each for each in events if each.type == "response.output_text.annotation.added"]
    told_there: Any = added.to_dict()["annotation"]
    assert told_there["type"] == "file_citation"
    check([told_there], document_id)
    whole = await world.client.responses.create(input=QUESTION, extra_body={"documents": True})
    message = whole.output[0]
    assert message.type == "message"
    content = message.content[0]
    assert content.type == "output_text"
    [annotation] = content.annotations
    assert annotation.type == "file_citation"
    assert (annotation.file_id, annotation.filename) == (document_id, "report.pdf")
