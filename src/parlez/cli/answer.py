"""Getting the answer to a question, over as many connections as it takes."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from parlez.cli.client import Client
from parlez.cli.event_stream import StreamedEvent, read_events
from parlez.cli.server_access import Unreachable
from parlez.core.errors import Interrupted, ParlezError, restore

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. However often it is sent, its key makes it one question."""

    text: str
    conversation_id: str | None = None
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended: its turn's state, and the message of the error if there was one."""

    state: str
    error: str | None = None


class Answer:
    """The answer to a question. What names it is known as soon as the server has it."""

    def __init__(self, client: Client, question: Question):
        self._client = client
        self._question = question
        self._last_id: str | None = None
        self.turn_id: str | None = None
        self.conversation_id = question.conversation_id

    async def follow(self, write: Callable[[str], None]) -> Ending:
        """Write the answer as it comes, until it ends.

        A connection that breaks, or a server that is started again, is waited for. Raises the
        server's refusal, or `Unreachable` if it stays away for a minute.
        """
        error = None
        async with aclosing(self._events()) as events:
            async for event in events:
                match event.type:
                    case "text-delta":
                        write(event.data["text"])
                    case "error-raised":
                        error = event.data["message"]
                    case "turn-ended":
                        return Ending(event.data["state"], error)
        raise AssertionError("the events of a turn end with its end")

    async def stop(self) -> None:
        """End the answer and keep what was said."""
        if self.turn_id:
            await self._client.call("POST", f"/turns/{self.turn_id}/stop")

    async def _events(self) -> AsyncGenerator[StreamedEvent]:
        now = asyncio.get_running_loop().time
        heard = now()
        while True:
            trouble: ParlezError = Interrupted("The stream broke off.")
            try:
                async with aclosing(self._connection()) as events:
                    async for event in events:
                        heard = now()
                        self._last_id = event.id or self._last_id
                        if event.type == "resume":
                            break
                        if event.type == "error":
                            raise restore(event.data["code"], event.data["message"])
                        yield event
            except (Unreachable, Interrupted) as error:
                trouble = error
            # A server that never answered is more likely not there than away.
            if not self._client.has_answered or now() - heard > _PATIENCE_SECONDS:
                raise trouble
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _connection(self) -> AsyncGenerator[StreamedEvent]:
        """The events of one connection: the first asks, the others come back for the rest."""
        if self.turn_id is None:
            at = f"{self.conversation_id}/message" if self.conversation_id else "start"
            asking = self._client.request(
                "POST",
                f"/conversations/{at}",
                body={"user_id": "command line", "message": self._question.text, "stream": True},
                headers={"Idempotency-Key": self._question.key},
            )
        else:
            last = {"Last-Event-ID": self._last_id} if self._last_id else {}
            asking = self._client.request("GET", f"/turns/{self.turn_id}/events", headers=last)
        async with asking as response:
            if "Parlez-Turn-Id" not in response.headers:
                raise ParlezError(f"{response.url.origin()} does not answer as Parlez does.")
            self.turn_id = response.headers["Parlez-Turn-Id"]
            self.conversation_id = response.headers["Parlez-Conversation-Id"]
            if response.status == 204:
                yield await self._known_end()
                return
            async for event in read_events(response.content):
                yield event

    async def _known_end(self) -> StreamedEvent:
        """The end of a turn that has no more events to give."""
        turn = await self._client.call("GET", f"/turns/{self.turn_id}")
        return StreamedEvent("turn-ended", {"state": turn["state"], "reason": turn["reason"]})
