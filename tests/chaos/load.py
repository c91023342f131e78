"""Plain and streamed turns in several conversations at once."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import aiohttp
from tests.chaos.call import Call, Talk
from tests.chaos.ledger import Ledger


class Load:
    """Clients at work. They are gone once `over` returns."""

    def __init__(self, client: aiohttp.ClientSession, url: str, chance: random.Random):
        self._client = client
        self._url = url
        self._chance = chance
        self._tasks: list[asyncio.Task[None]] = []

    def talk(self, ledger: Ledger, messages: int = 6) -> Talk:
        """A new conversation in which several messages wait for their answers."""
        talk = ledger.open()
        self._begin(self._hold(talk, messages))
        return talk

    def repeat(self, calls: list[Call]) -> None:
        """Make calls again, in any order, some of them asking for a stream where they had not."""
        for call in self._chance.sample(calls, len(calls)):
            self._begin(call.make(self._client, self._url, stream=self._chance.random() < 0.5))

    async def over(self, seconds: float = 40) -> None:
        """Wait until all clients have what they wanted, or see that the server is gone."""
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._tasks)

    async def _hold(self, talk: Talk, messages: int) -> None:
        calls = []
        for _ in range(messages):
            call = talk.ask(self._chance.random() < 0.7, pieces=self._chance.randint(2, 16))
            acknowledged = asyncio.Event()
            calls.append(asyncio.create_task(call.make(self._client, self._url, acknowledged.set)))
            # A streamed message is acknowledged at once, a plain one with its answer, for which
            # only the first must be waited.
            patience = None if call.stream or call.first else self._chance.uniform(0, 0.03)
            try:
                async with asyncio.timeout(patience):
                    await acknowledged.wait()
            except TimeoutError:
                pass
            if not talk.id:
                break
        await asyncio.gather(*calls)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))
