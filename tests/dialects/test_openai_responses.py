"""Responses, through OpenAI's own client.

Shapes after https://developers.openai.com/api/reference/resources/responses
"""

import asyncio
import json
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter
from tests.support.openai_world import World
from tests.support.vendor import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
CALLS = [("call_1", "get_weather", '{"city": "Rome"}'), ("call_2", "get_weather", "{}")]

MESSAGE_EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]
"""In the order of https://developers.openai.com/api/docs/guides/streaming-responses"""

CALL_EVENTS = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]
"""In the order of https://developers.openai.com/api/docs/guides/function-calling#streaming"""


async def create(world: World, said: Any = "Hello!", **options: Any) -> Any:
    return await world.client.responses.create(model="gpt-4o", input=said, **options)


async def events_of(stream: Any) -> list[Any]:
    return [event async for event in stream]


def text_of(events: list[Any]) -> str:
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def without_repeats(types: list[str]) -> list[str]:
    """Types of which neighbours that are the same are one."""
    return [type_ for place, type_ in enumerate(types) if types[place - 1 : place] != [type_]]


async def test_a_response(world: World) -> None:
    response = await create(world, instructions="Be brief.", metadata={"a": "b"}, temperature=0.5)
    assert response.id.startswith("resp_")
    assert response.output[0].id.startswith("msg_")
    assert (response.status, response.output_text) == ("completed", "You said: Hello! ")
    assert (response.instructions, response.metadata) == ("Be brief.", {"a": "b"})
    assert (response.temperature, response.error, response.incomplete_details) == (0.5, None, None)
    assert response.usage.input_tokens == 7
    assert world.vendor.asked[-1]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert await world.client.responses.retrieve(response.id) == response
    # The client takes whatever comes; its types say what should.
    Response.model_validate(response.model_dump(), strict=True)


async def test_a_stream_has_every_event_in_its_place(world: World) -> None:
    events = await events_of(await create(world, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert without_repeats([event.type for event in events]) == MESSAGE_EVENTS
    assert text_of(events) == "You said: Hello! "
    assert events[0].response.status == "in_progress"
    assert (events[0].response.output, events[0].response.usage) == ([], None)
    done = {event.type: event for event in events}
    assert done["response.output_text.done"].text == "You said: Hello! "
    assert done["response.content_part.done"].part.text == "You said: Hello! "
    final = events[-1].response
    assert done["response.output_item.done"].item == final.output[0]
    assert await world.client.responses.retrieve(final.id) == final
    for event in events:
        TypeAdapter(ResponseStreamEvent).validate_python(event.model_dump(), strict=True)


@pytest.mark.parametrize("text", ["Let me see.", ""])
async def test_a_stream_tells_calls_of_tools(world: World, text: str) -> None:
    world.vendor.reply = lambda _: Reply([text] if text else [], calls=CALLS)
    events = await events_of(await create(world, stream=True, tools=[WEATHER]))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    before = MESSAGE_EVENTS[:-1] if text else MESSAGE_EVENTS[:2]
    assert [event.type for event in events] == [
        *before,
        *CALL_EVENTS,
        *CALL_EVENTS,
        "response.completed",
    ]
    items = [event.item for event in events if event.type == "response.output_item.done"]
    assert items == events[-1].response.output
    assert [event.output_index for event in events if hasattr(event, "output_index")][-1] == (
        2 if text else 1
    )


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called_answers_and_is_spoken_of(world: World, stream: bool) -> None:
    world.vendor.reply = lambda _: Reply([], calls=CALLS)
    first = await _final(world, "Weather?", stream, tools=[WEATHER], tool_choice="auto")
    called = [(item.call_id, item.name, item.arguments) for item in first.output]
    assert called == CALLS
    assert world.vendor.asked[-1]["tools"][0]["function"]["name"] == "get_weather"
    results = [
        {"type": "function_call_output", "call_id": "call_1", "output": "warm"},
        {
            "type": "function_call_output",
            "call_id": "call_2",
            "output": [{"type": "input_text", "text": "cold"}],
        },
    ]
    world.vendor.reply = lambda text: Reply([f"It is {text}."])
    second = await _final(world, results, stream, previous_response_id=first.id, tools=[WEATHER])
    assert second.output_text == "It is cold."
    assert second.previous_response_id == first.id
    by_hand = await _final(
        world,
        [*_said("Weather?"), *[_as_input(item) for item in first.output], *results],
        stream,
    )
    assert by_hand.output_text == "It is cold."
    sent = [asked["messages"] for asked in world.vendor.asked[-2:]]
    assert sent[0] == sent[1]
    assert [each["role"] for each in sent[0]] == ["user", "assistant", "tool", "tool"]
    assert [each.get("tool_call_id") for each in sent[0][2:]] == ["call_1", "call_2"]


def _as_input(item: Any) -> Any:
    return item.model_dump(exclude_none=True)


async def _final(world: World, said: Any, stream: bool, **options: Any) -> Any:
    if not stream:
        return await create(world, said, **options)
    async with world.client.responses.stream(model="gpt-4o", input=said, **options) as events:
        return await events.get_final_response()


async def test_results_must_be_of_the_calls_that_were_made(world: World) -> None:
    world.vendor.reply = lambda _: Reply([], calls=CALLS[:1])
    first = await create(world, tools=[WEATHER])
    result = {"type": "function_call_output", "call_id": "call_9", "output": "warm"}
    for said in ([result], "Never mind"):
        with pytest.raises(openai.BadRequestError):
            await create(world, said, previous_response_id=first.id)


async def test_an_answer_after_a_schema(world: World) -> None:
    class City(BaseModel):
        name: str

    world.vendor.reply = lambda _: Reply(['{"name": ', '"Rome"}'])
    response = await world.client.responses.parse(model="gpt-4o", input="Where?", text_format=City)
    assert response.output_parsed == City(name="Rome")
    wanted = world.vendor.asked[-1]["response_format"]
    assert (wanted["type"], wanted["json_schema"]["name"]) == ("json_schema", "City")
    assert response.text is not None


async def test_a_response_goes_on_behind_another(world: World) -> None:
    first = await create(world, "One")
    second = await create(world, "Two", previous_response_id=first.id)
    assert second.conversation == first.conversation
    assert [each["content"] for each in world.vendor.asked[-1]["messages"]] == [
        "One",
        "You said: One ",
        "Two",
    ]
    branch = await create(world, "Three", previous_response_id=first.id)
    assert [each["content"] for each in world.vendor.asked[-1]["messages"]] == [
        "One",
        "You said: One ",
        "Three",
    ]
    conversation_id = branch.conversation.id.removeprefix("conv_")
    assert [content for _, content in await world.history(conversation_id)] == [
        "One",
        "You said: One ",
        "Three",
        "You said: Three ",
    ]
    on = await create(world, "Four", conversation=branch.conversation.id)
    assert len(world.vendor.asked[-1]["messages"]) == 5
    with pytest.raises(openai.BadRequestError):
        other = await create(world, "Elsewhere")
        await create(world, "x", previous_response_id=on.id, conversation=other.conversation.id)


async def test_responses_behind_one_that_runs_wait_and_branch(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda text: Reply([text], gate=gate if text == "One" else None)
    first = await create(world, "One", background=True)
    assert first.status == "in_progress"
    said = [
        {"role": "user", "content": "Two"},
        {"role": "assistant", "content": "2"},
        {"role": "user", "content": "Three"},
    ]
    second = await create(world, said, previous_response_id=first.id, background=True)
    third = await create(world, "Four", previous_response_id=first.id, background=True)
    assert (second.status, third.status) == ("queued", "queued")
    gate.set()
    stream = await world.client.responses.retrieve(third.id, stream=True)
    assert (await events_of(stream))[-1].response.output_text == "Four"
    assert [each["content"] for each in world.vendor.asked[-2]["messages"]] == [
        *("One", "One", "Two", "2", "Three"),
    ]
    assert [each["content"] for each in world.vendor.asked[-1]["messages"]] == [
        *("One", "One", "Four"),
    ]
    conversation_id = third.conversation.id.removeprefix("conv_")
    assert [content for _, content in await world.history(conversation_id)] == [
        *("One", "One", "Four", "Four"),
    ]


async def test_a_stream_resumes_at_every_cut(world: World) -> None:
    world.vendor.reply = lambda _: Reply([f"{n} " for n in range(5)], delay=0.03, calls=CALLS)
    events = await events_of(await create(world, stream=True, tools=[WEATHER]))
    assert len([each for each in events if each.type == "response.output_text.delta"]) > 2
    response_id = events[0].response.id
    for cut in range(len(events) + 1):
        stream = await world.client.responses.retrieve(
            response_id, stream=True, starting_after=cut - 1
        )
        rest = await events_of(stream)
        assert [each.sequence_number for each in rest] == list(range(cut, len(events)))
        assert [_told(each) for each in rest] == [_told(each) for each in events[cut:]]


def _told(event: Any) -> str:
    return json.dumps(event.model_dump(exclude={"obfuscation"}), sort_keys=True)


async def test_a_stream_resumes_while_it_is_made(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda _: Reply(["one ", "two ", "three"], gate=gate, delay=0.03)
    seen: list[Any] = []
    async for event in await create(world, stream=True):
        seen.append(event)
        if text_of(seen) == "one two ":
            break
    gate.set()
    response_id, last = seen[0].response.id, seen[-1].sequence_number
    stream = await world.client.responses.retrieve(response_id, stream=True, starting_after=last)
    seen += await events_of(stream)
    assert [each.sequence_number for each in seen] == list(range(len(seen)))
    assert text_of(seen) == "one two three"


async def test_the_numbers_stay_when_the_log_is_gone(world: World) -> None:
    world.vendor.reply = lambda _: Reply(["one ", "two ", "three"], delay=0.03, calls=CALLS)
    events = await events_of(await create(world, stream=True, tools=[WEATHER]))
    final = events[-1].response
    far = 2**62
    await world.parlez.services.engine._store.prune(far, 0, 0)
    assert await world.client.responses.retrieve(final.id) == final
    again = await events_of(await world.client.responses.retrieve(final.id, stream=True))
    last_piece = max(
        each.sequence_number for each in events if each.type == "response.output_text.delta"
    )
    assert text_of(again) == "one two three"
    assert [_told(each) for each in again if each.sequence_number > last_piece] == [
        _told(each) for each in events if each.sequence_number > last_piece
    ]
    for cut in range(len(events)):
        asking = world.client.responses.retrieve(final.id, stream=True, starting_after=cut)
        if 4 <= cut < last_piece:
            with pytest.raises(openai.BadRequestError) as caught:
                await asking
            assert caught.value.code == "stream_expired"
        else:
            rest = await events_of(await asking)
            assert [_told(each) for each in rest] == [
                _told(each) for each in again if each.sequence_number > cut
            ]


async def test_one_that_was_not_streamed_can_be_followed(world: World) -> None:
    world.vendor.reply = lambda _: Reply(["one ", "two"], calls=CALLS)
    response = await create(world, tools=[WEATHER])
    events = await events_of(await world.client.responses.retrieve(response.id, stream=True))
    assert [each.sequence_number for each in events] == list(range(len(events)))
    assert (text_of(events), events[-1].response) == ("one two", response)


@pytest.mark.parametrize(
    ("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
async def test_what_is_not_all_of_it_is_incomplete(world: World, reason: str, told: str) -> None:
    world.vendor.reply = lambda _: Reply(["Long"], reason=reason)
    response = await create(world, max_output_tokens=5)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", told)
    assert (response.output[0].status, response.max_output_tokens) == ("incomplete", 5)
    events = await events_of(await create(world, stream=True))
    assert events[-1].type == "response.incomplete"


async def test_what_fails_says_so(world: World) -> None:
    world.vendor.reply = lambda _: Reply(status=400)
    with pytest.raises(openai.InternalServerError):
        await create(world)
    events = await events_of(await create(world, stream=True))
    assert [event.type for event in events] == [*MESSAGE_EVENTS[:2], "response.failed"]
    failed = events[-1].response
    assert (failed.status, failed.error.code) == ("failed", "invalid_prompt")
    assert await world.client.responses.retrieve(failed.id) == failed


async def test_a_response_is_cancelled(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
    seen: list[Any] = []
    async for event in await create(world, stream=True):
        seen.append(event)
        if event.type == "response.output_text.delta":
            cancelled = await world.client.responses.cancel(seen[0].response.id)
            assert (cancelled.status, cancelled.output_text) == ("cancelled", "one ")
    assert (seen[-1].type, seen[-1].response.status) == ("response.incomplete", "cancelled")
    assert await world.client.responses.cancel(seen[0].response.id) == seen[-1].response


async def test_a_response_goes_on_without_its_client(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
    seen: list[Any] = []
    stream = await create(world, stream=True)
    async for event in stream:
        seen.append(event)
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    gate.set()
    rest = await world.client.responses.retrieve(seen[0].response.id, stream=True)
    assert (await events_of(rest))[-1].response.output_text == "one two"


async def test_a_key_replays_a_response(world: World) -> None:
    world.vendor.reply = lambda _: Reply(["See: "], calls=CALLS)
    headers = {"Idempotency-Key": "once"}
    first = await create(world, tools=[WEATHER], extra_headers=headers)
    assert await create(world, tools=[WEATHER], extra_headers=headers) == first
    assert len(world.vendor.asked) == 1


async def test_a_response_is_deleted(world: World) -> None:
    only = await create(world)
    conversation_id = only.conversation.id.removeprefix("conv_")
    await world.client.responses.delete(only.id)
    with pytest.raises(openai.NotFoundError):
        await world.client.responses.retrieve(only.id)
    assert (await world.parlez.call("GET", f"/conversations/{conversation_id}")).status == 404


async def test_what_follows_a_deleted_response_stays(world: World) -> None:
    first = await create(world, [*_said("One", "Two")])
    second = await create(world, [*_said("Three", "Four")], previous_response_id=first.id)
    third = await create(world, "Five", previous_response_id=second.id, user="somebody")
    conversation_id = first.conversation.id.removeprefix("conv_")
    await world.client.responses.delete(second.id)
    left = ["One", "Two", "You said: Two ", "Five", "You said: Five "]
    assert [content for _, content in await world.history(conversation_id)] == left
    await world.client.responses.delete(third.id)
    assert [content for _, content in await world.history(conversation_id)] == left[:3]
    await create(world, "Six", conversation=first.conversation.id)
    await world.client.responses.delete(first.id)
    assert [content for _, content in await world.history(conversation_id)] == [
        "Six",
        "You said: Six ",
    ]


def _said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "input[0].content[0]",
        ),
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
        ({"temperature": 9}, "temperature"),
        ({"metadata": {"k": "x" * 513}}, "metadata.k"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    world: World, options: dict[str, Any], param: str
) -> None:
    asked = {"model": "gpt-4o", "input": "Hello!", **options}
    with pytest.raises(openai.BadRequestError) as caught:
        await world.client.responses.create(**asked)
    assert caught.value.param == param
    assert not world.vendor.asked


async def test_another_account_finds_nothing(world: World) -> None:
    response = await create(world)
    theirs = world.stranger.responses
    for response_id in (response.id, f"resp_{'0' * 32}", "resp_x", response.output[0].id):
        told = set()
        for call in (
            theirs.retrieve(response_id),
            theirs.retrieve(response_id, stream=True),
            theirs.cancel(response_id),
            theirs.delete(response_id),
            theirs.create(model="gpt-4o", input="x", previous_response_id=response_id),
        ):
            with pytest.raises(openai.NotFoundError) as caught:
                await call
            told.add(json.dumps(caught.value.body))
        assert len(told) == 1
    with pytest.raises(openai.NotFoundError):
        await theirs.create(model="gpt-4o", input="x", conversation=response.conversation.id)
    assert await world.client.responses.retrieve(response.id) == response


async def test_another_account_stops_nothing(world: World) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
    response = await create(world, background=True)
    theirs = world.stranger.responses
    for call in (theirs.cancel(response.id), theirs.delete(response.id)):
        with pytest.raises(openai.NotFoundError):
            await call
    gate.set()
    stream = await world.client.responses.retrieve(response.id, stream=True)
    assert (await events_of(stream))[-1].response.output_text == "one two"


async def test_calls_that_nobody_answers_are_no_hindrance_elsewhere(world: World) -> None:
    world.vendor.reply = lambda text: Reply([], calls=CALLS if text == "Weather?" else [])
    response = await create(world, "Weather?", tools=[WEATHER])
    conversation_id = response.conversation.id.removeprefix("conv_")
    path = f"/conversations/{conversation_id}/message"
    assert (await world.parlez.call("POST", path, {"message": "Never mind"})).status == 200
    assert world.vendor.asked[-1]["messages"] == [
        {"role": "user", "content": "Weather?"},
        {"role": "user", "content": "Never mind"},
    ]


async def test_a_conversation_with_tools_is_read_through_every_door(world: World) -> None:
    world.vendor.reply = lambda text: Reply([], calls=CALLS[:1] if text == "Weather?" else [])
    first = await create(world, "Weather?", tools=[WEATHER], user="ada")
    result = {"type": "function_call_output", "call_id": "call_1", "output": "warm"}
    world.vendor.reply = lambda text: Reply([f"It is {text}."])
    await create(world, [result], previous_response_id=first.id, user="grace")
    conversation_id = first.conversation.id.removeprefix("conv_")
    for path, key in (
        (f"/conversations/{conversation_id}", "messages"),
        (f"/api/conversations/{conversation_id}/messages", "messages"),
        (f"/api/conversations/{conversation_id}/export?format=json", "messages"),
    ):
        answer = await world.parlez.call("GET", path)
        assert answer.status == 200
        assert [(each["role"], each["content"]) for each in answer.body[key]] == [
            ("user", "Weather?"),
            ("assistant", ""),
            ("tool", "warm"),
            ("assistant", "It is warm."),
        ]


async def test_deleting_takes_feedback_along_and_leaves_what_others_said(world: World) -> None:
    call = world.parlez.call
    conversation_id = (await call("POST", "/api/conversations", {"title": "Kept"})).body["id"]
    path = f"/api/conversations/{conversation_id}"
    await call("POST", f"{path}/messages", {"role": "user", "content": "A note"})
    response = await create(world, "One", conversation=conversation_id)
    rating = {
        "conversation_id": conversation_id,
        "message_id": response.output[0].id,
        "feedback_type": "thumbs_up",
    }
    assert (await call("POST", "/api/feedback", rating)).body["status"] == "success"
    analysis = f"/api/feedback/analyze/{conversation_id}"
    assert (await call("GET", analysis)).body["total_feedback"] == 1
    await world.client.responses.delete(response.id)
    assert await world.history(conversation_id.removeprefix("conv_")) == [("user", "A note")]
    assert (await call("GET", analysis)).body["total_feedback"] == 0


async def test_no_response_is_deleted_while_others_go_on_from_it(world: World) -> None:
    gate = asyncio.Event()
    first = await create(world, "One")
    world.vendor.reply = lambda _: Reply(["two"], gate=gate)
    second = await create(world, "Two", previous_response_id=first.id, background=True)
    with pytest.raises(openai.ConflictError):
        await world.client.responses.delete(first.id)
    gate.set()
    await events_of(await world.client.responses.retrieve(second.id, stream=True))
    await world.client.responses.delete(first.id)
    await world.client.responses.delete(second.id)
