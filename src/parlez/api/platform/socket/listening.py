"""Listening all the time, for one WebSocket: what its voice session needs."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, MutableSequence
from contextlib import aclosing
from dataclasses import replace

from parlez.api.platform.socket.engines import Hearer, Speaker
from parlez.core.identity import Caller
from parlez.core.ports.transcriber import Care
from parlez.core.sound import Sound
from parlez.core.speech import Speech, Spoken

GoodCaller = Callable[[], Awaitable[Caller]]


class Ear:
    """Implements `realtime.ports.Ear`. `calls` gets the ids of its calls in the ledger."""

    def __init__(
        self,
        speech: Speech,
        caller: GoodCaller,
        hearer: Hearer,
        calls: MutableSequence[str],
        *,
        glimpses: bool,
    ):
        self._speech = speech
        self._caller = caller
        self._hearer = hearer
        self._calls = calls
        self._glimpses = glimpses

    async def listen(self, sound: Sound) -> str:
        how = self._hearer
        _, heard = await self._speech.listen(
            await self._caller(), sound, how.hearing, provider=how.provider, calls=self._calls
        )
        return heard.text.strip()

    async def glimpse(self, sound: Sound) -> str | None:
        if not self._glimpses:
            return None
        how = self._hearer
        glimpsing = replace(how.hearing, care=Care.GLIMPSE)
        return await self._speech.glimpse(
            await self._caller(), sound, glimpsing, provider=how.provider
        )


class Mouth:
    """Implements `realtime.ports.Mouth`. Without a speaker it says nothing."""

    def __init__(self, speech: Speech, caller: GoodCaller, speaker: Speaker | None):
        self._speech = speech
        self._caller = caller
        self._speaker = speaker

    async def recite(
        self, sentences: AsyncIterable[str], conversation_id: str
    ) -> AsyncGenerator[Spoken, None]:
        who = self._speaker
        if who is None:
            return
        caller = await self._caller()
        spoken = self._speech.recite(
            caller,
            sentences,
            who.speaking,
            provider=who.provider,
            conversation_id=conversation_id,
        )
        async with aclosing(spoken) as pieces:
            async for piece in pieces:
                yield piece
