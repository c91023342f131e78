"""One message as its client knows it: when it was sent and acknowledged, what came back."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from tests.support.oracle import Question
from tests.support.server import Event, events_of

_moments = itertools.count(1)

CUT_OFF = (aiohttp.ClientError, ConnectionError, TimeoutError)
"""What a client sees of a server that dies."""


@dataclass(eq=False)
class Talk:
    """A conversation. Its id is known once its first message has been acknowledged."""

    name: str
    id: str = ""
    calls: list["Call"] = field(default_factory=list)

    def ask(
        self, stream: bool, *, pieces: int = 12, length: int = 7, pace: float = 0.008
    ) -> "Call":
        """The next message to send."""
        number = len(self.calls)
        call = Call(self, Question(f"{self.name}.{number}", pieces, length, pace), stream)
        self.calls.append(call)
        return call


@dataclass(eq=False)
class Call:
    """A message with its Idempotency-Key. `make` may be called until it is answered.

    `sent` and `acknowledged` are moments of the first time; 0 is never. `received` holds the
    pieces of streamed text by turn, for each attempt is a turn of its own.
    """

    talk: Talk
    question: Question
    stream: bool
    sent: int = 0
    acknowledged: int = 0
    answered: bool = False
    refused: list[int] = field(default_factory=list)
    refusal: str = ""
    received: dict[str, str] = field(default_factory=dict)
    last: Event | None = None

    @property
    def first(self) -> bool:
        return self.talk.calls[0] is self

    async def make(
        self,
        client: aiohttp.ClientSession,
        url: str,
        acknowledged: Callable[[], None] = lambda: None,
        *,
        stream: bool | None = None,
    ) -> None:
        """Send the message once, and take what comes. A server that dies is no error here."""
        stream = self.stream if stream is None else stream
        self.sent = self.sent or next(_moments)
        path = "/conversations/start" if self.first else f"/conversations/{self.talk.id}/message"
        body = {"message": str(self.question), "stream": stream}
        body |= {"user_id": self.talk.name} if self.first else {}
        headers = {"Idempotency-Key": self.question.name}
        try:
            async with client.post(url + path, json=body, headers=headers) as response:
                if response.status != 200:
                    self.refused.append(response.status)
                    self.refusal = await response.text()
                    return
                self.acknowledged = self.acknowledged or next(_moments)
                self.talk.id = response.headers["Parlez-Conversation-Id"]
                acknowledged()
                if stream:
                    await self._follow(response)
                else:
                    self._check((await response.json())["reply"])
        except CUT_OFF:
            pass
        finally:
            acknowledged()

    async def _follow(self, response: aiohttp.ClientResponse) -> None:
        turn_id = response.headers["Parlez-Turn-Id"]
        self.received[turn_id] = ""
        number = 0
        async for event in events_of(response):
            self.last = event
            if event.type in ("resume", "error"):
                return
            assert int(event.id.split(".")[0]) == number + 1
            number += 1
            if event.type == "text-delta":
                self.received[turn_id] += event.data["text"]
                assert self.question.answer.startswith(self.received[turn_id])
            if event.type == "turn-ended" and event.data["state"] == "completed":
                self._check(self.received[turn_id])

    def _check(self, text: str) -> None:
        assert text == self.question.answer
        self.answered = True
