"""A chat model that says what it is told to."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass

from parlez.core.errors import ModelError
from parlez.core.events import LoggedEvent, TextDelta, ToolCalled, Usage
from parlez.core.ports.chat_model import ChatRequest, Completion, Finished


@dataclass(frozen=True, slots=True)
class Pause:
    """Say nothing for so long; without a number of seconds, forever."""

    seconds: float | None = None


Step = str | Pause | ToolCalled | Finished | ModelError
"""A piece of text, a pause, a tool call, an end of one's own, or an error to raise."""

Script = str | Iterable[Step]
"""One answer, in one piece or in steps. Where it does not say how it ends, it stops and counts its
words as tokens."""


class ScriptedModel:
    """Implements `core.ports.chat_model.ChatModel` and keeps the requests it got in `requests`.

    `answers` are given one after the other, or made by a function of the request. Asking once
    more than there are answers is a mistake of the test, and raises `AssertionError`.
    """

    def __init__(self, answers: Iterable[Script] | Callable[[ChatRequest], Script]) -> None:
        self.requests: list[ChatRequest] = []
        self._answer = answers if callable(answers) else _one_by_one(answers)

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        text, calls = "", []
        async for event in self.stream(request):
            match event:
                case TextDelta():
                    text += event.text
                case ToolCalled():
                    calls.append(event)
                case Finished():
                    return Completion(text, tuple(calls), event)
        raise AssertionError("a stream ends with Finished")

    async def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes."""
        self.requests.append(request)
        words, called = 0, False
        script = self._answer(request)
        for step in (script,) if isinstance(script, str) else script:
            match step:
                case str():
                    words += len(step.split())
                    yield TextDelta(step)
                case Pause(None):
                    await asyncio.Event().wait()
                case Pause(float() | int() as seconds):
                    await asyncio.sleep(seconds)
                case ModelError():
                    raise step
                case Finished():
                    yield step
                    return
                case ToolCalled():
                    called = True
                    yield step
        read = sum(len(prompt.content.split()) for prompt in request.messages)
        yield Finished("tool_calls" if called else "stop", Usage(read, words))


def _one_by_one(answers: Iterable[Script]) -> Callable[[ChatRequest], Script]:
    remaining = iter(answers)

    def answer(_: ChatRequest) -> Script:
        script = next(remaining, None)
        assert script is not None, "the script has no more answers"
        return script

    return answer
