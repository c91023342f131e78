import asyncio

import pytest

from parlez.core.errors import ModelFailed
from parlez.core.events import TextDelta, ToolCalled, Usage
from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Completion, Finished, Prompt
from parlez.testing.scripted_model import Pause, ScriptedModel

QUESTION = ChatRequest("any", [Prompt(Role.USER, "How are you?")])
CALL = ToolCalled("1", "now", "{}")


async def test_answers_come_one_after_the_other_and_requests_are_kept():
    model = ScriptedModel(["Fine.", ["Still ", Pause(0), "fine."]])
    assert await model.complete(QUESTION) == Completion("Fine.", (), Finished("stop", Usage(3, 1)))
    assert [event async for event in model.stream(QUESTION)] == [
        TextDelta("Still "),
        TextDelta("fine."),
        Finished("stop", Usage(3, 2)),
    ]
    assert model.requests == [QUESTION, QUESTION]
    with pytest.raises(AssertionError):
        await model.complete(QUESTION)


async def test_a_function_of_the_request():
    model = ScriptedModel(lambda request: request.messages[-1].content.upper())
    assert (await model.complete(QUESTION)).text == "HOW ARE YOU?"


async def test_tool_calls_and_an_end_of_ones_own():
    model = ScriptedModel([[CALL], ["cut", Finished("length", None), "never said"]])
    assert await model.complete(QUESTION) == Completion(
        "", (CALL,), Finished("tool_calls", Usage(3, 0))
    )
    assert await model.complete(QUESTION) == Completion("cut", (), Finished("length", None))


async def test_errors_come_after_what_was_said():
    said = []
    with pytest.raises(ModelFailed):
        async for event in ScriptedModel([["Well", ModelFailed("gone")]]).stream(QUESTION):
            said.append(event)
    assert said == [TextDelta("Well")]


async def test_a_pause_without_end():
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ScriptedModel([[Pause()]]).complete(QUESTION), 0.05)
