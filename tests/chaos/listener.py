"""A client that listens to a turn over several connections."""

import aiohttp
from tests.support.oracle import Question
from tests.support.server import Event, events_of


class Listener:
    """Keeps what it hears, and checks that nothing is missing and nothing comes twice. `most` is
    how many events it takes before it drops a connection."""

    def __init__(self, client: aiohttp.ClientSession, question: Question):
        self._client = client
        self._question = question
        self.path = ""
        self.events: list[Event] = []
        self.told_to_resume = False

    @property
    def text(self) -> str:
        return "".join(event.data["text"] for event in self.events if event.type == "text-delta")

    @property
    def state(self) -> str:
        """How the turn has ended, once that was heard."""
        last = self.events[-1]
        return str(last.data["state"]) if last.type == "turn-ended" else ""

    async def ask(self, url: str, most: int | None = None) -> None:
        """Start the turn and hear its beginning."""
        body = {"user_id": "u", "message": str(self._question), "stream": True}
        async with self._client.post(f"{url}/conversations/start", json=body) as response:
            assert response.status == 200
            self.path = f"/turns/{response.headers['Parlez-Turn-Id']}"
            await self._hear(response, most)

    async def resume(self, url: str, most: int | None = None) -> int:
        """Hear what follows the last event; the status."""
        headers = {"Last-Event-ID": self.events[-1].id} if self.events else {}
        async with self._client.get(f"{url}{self.path}/events", headers=headers) as response:
            if response.status == 200:
                await self._hear(response, most)
            return response.status

    async def resume_from(self, url: str, place: int) -> "Listener":
        """Another listener, who has only the events before a place and hears the rest."""
        other = Listener(self._client, self._question)
        other.path = self.path
        other.events = self.events[:place]
        await other.resume(url)
        return other

    async def _hear(self, response: aiohttp.ClientResponse, most: int | None) -> None:
        heard = 0
        self.told_to_resume = False
        try:
            async for event in events_of(response):
                self._take(event)
                heard += 1
                if heard == most:
                    break
        except (aiohttp.ClientError, ConnectionError):
            # The server died.
            pass

    def _take(self, event: Event) -> None:
        assert not self.told_to_resume, "nothing may follow"
        if event.type == "resume":
            self.told_to_resume = True
            return
        number, characters = map(int, event.id.split("."))
        assert number == len(self.events) + 1, "numbers rise by one"
        self.events.append(event)
        assert characters == len(self.text)
        assert self._question.answer.startswith(self.text)
