"""What is sent, after https://platform.openai.com/docs/api-reference/chat/create"""

from dataclasses import replace

import pytest

from parlez.core.errors import ModelUnavailable
from parlez.core.events import ToolCalled
from parlez.core.messages import Role
from parlez.core.ports.chat_model import (
    AnswerForm,
    ChatRequest,
    Options,
    Prompt,
    ResponseFormat,
    Tool,
    ToolChoice,
)

HELLO = {"choices": [{"message": {"content": "Hello!"}, "finish_reason": "stop"}]}


async def test_a_question_is_sent_with_its_key_and_nothing_that_was_not_asked_for(
    server, chat, question
):
    server.json(HELLO)
    await chat.complete(question)
    received = server.received[0]
    assert received.line == "POST /v1/chat/completions HTTP/1.1"
    assert received.headers["authorization"] == "Bearer sk-test-0123456789"
    assert received.headers["content-type"] == "application/json"
    assert received.body == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Say hello, secretly."}],
    }


async def test_a_stream_is_asked_to_report_its_usage(server, chat, question):
    server.events(HELLO | {"choices": [{"delta": {}, "finish_reason": "stop"}]})
    assert [event async for event in chat.stream(question)]
    assert server.received[0].headers["accept"] == "text/event-stream"
    assert server.received[0].body["stream"] is True
    assert server.received[0].body["stream_options"] == {"include_usage": True}


async def test_options_and_the_vendors_name_for_the_longest_answer(server, make_chat, question):
    options = Options(temperature=0.0, top_p=0.9, max_tokens=5, stop=("\n", "END"), seed=7)
    server.json(HELLO)
    await make_chat(max_tokens_field="max_completion_tokens").complete(
        replace(question, options=options)
    )
    await make_chat().complete(replace(question, options=options))
    newer, older = (received.body for received in server.received)
    assert newer.items() >= {"temperature": 0.0, "top_p": 0.9, "seed": 7}.items()
    assert newer["stop"] == ["\n", "END"]
    assert (newer["max_completion_tokens"], "max_tokens" in newer) == (5, False)
    assert (older["max_tokens"], "max_completion_tokens" in older) == (5, False)


async def test_a_vendors_defaults_hold_where_the_caller_said_nothing(server, make_chat, question):
    chat = make_chat(defaults={"temperature": 0.1, "repeat_penalty": 1.05, "max_tokens": 9})
    server.json(HELLO)
    await chat.complete(question)
    await chat.complete(replace(question, options=Options(temperature=0.7, max_tokens=3)))
    silent, chosen = (received.body for received in server.received)
    assert (silent["temperature"], silent["max_tokens"]) == (0.1, 9)
    assert (chosen["temperature"], chosen["max_tokens"]) == (0.7, 3)
    assert chosen["repeat_penalty"] == 1.05


async def test_tools_their_calls_and_their_results(server, chat):
    """After https://platform.openai.com/docs/guides/function-calling"""
    call = ToolCalled("call_1", "weather", '{"city": "Rome"}')
    server.json(HELLO)
    await chat.complete(
        ChatRequest(
            "gpt-4o",
            [
                Prompt(Role.SYSTEM, "Be brief."),
                Prompt(Role.USER, "Weather?"),
                Prompt(Role.ASSISTANT, "", tool_calls=(call,)),
                Prompt(Role.TOOL, "sunny", tool_call_id="call_1"),
            ],
            form=AnswerForm(tools=(Tool("weather", "The weather of a city", {"type": "object"}),)),
        )
    )
    body = server.received[0].body
    function = {"name": "weather", "arguments": '{"city": "Rome"}'}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "sunny", "tool_call_id": "call_1"},
    ]
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "The weather of a city",
                "parameters": {"type": "object"},
            },
        }
    ]


async def test_half_a_character_is_not_sent(server, chat):
    server.json(HELLO)
    await chat.complete(ChatRequest("gpt-4o", [Prompt(Role.USER, "caf\xe9 \ud83d")]))
    assert server.received[0].body["messages"][0]["content"] == "caf\xe9 \ufffd"


@pytest.mark.parametrize("key", ["sk-two\nlines", "sk-caf\xe9"])
async def test_a_key_that_cannot_be_sent_is_named_by_its_setting(server, make_chat, question, key):
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY") as caught:
        await make_chat(api_key=key).complete(question)
    assert key not in caught.value.message
    assert server.received == []


async def test_a_vendor_without_a_key_gets_none(server, make_chat, question):
    server.json(HELLO)
    await make_chat(api_key=None).complete(question)
    assert "authorization" not in server.received[0].headers


async def test_the_key_shows_in_no_representation(make_chat):
    assert "sk-test" not in repr(make_chat()._vendor)


TOOLS = (Tool("weather", "", {"type": "object"}, strict=True),)


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        (AnswerForm(TOOLS, ToolChoice("none")), {"tool_choice": "none"}),
        (
            AnswerForm(TOOLS, ToolChoice("function", "weather"), parallel_tool_calls=False),
            {
                "tool_choice": {"type": "function", "function": {"name": "weather"}},
                "parallel_tool_calls": False,
            },
        ),
        (AnswerForm((), ToolChoice("auto"), parallel_tool_calls=True), {}),
        (
            AnswerForm(response_format=ResponseFormat("json_object")),
            {"response_format": {"type": "json_object"}},
        ),
        (
            AnswerForm(response_format=ResponseFormat("json_schema", "n", "", {}, strict=True)),
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {}, "strict": True},
                }
            },
        ),
    ],
)
async def test_the_form_of_an_answer(server, chat, question, form, sent):
    """After https://developers.openai.com/api/docs/guides/structured-outputs"""
    server.json(HELLO)
    await chat.complete(replace(question, form=form))
    body = server.received[0].body
    if form.tools:
        assert body.pop("tools")[0]["function"]["strict"] is True
    assert {key: body[key] for key in body.keys() - {"model", "messages"}} == sent


async def test_options_that_a_model_does_not_know_are_not_sent(server, ask):
    server.json(HELLO)
    asked = ask("gpt-6-luna")
    options = Options(temperature=1, logit_bias={"1": 1}, seed=1, reasoning_effort="low")
    await asked.chat.complete(asked.request([Prompt(Role.USER, "Hi")], options))
    body = server.received[0].body
    assert {"temperature", "logit_bias"}.isdisjoint(body)
    assert (body["seed"], body["reasoning_effort"]) == (1, "low")
