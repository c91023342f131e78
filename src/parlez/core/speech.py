"""Hearing and speaking for callers: their rights and limits, and the ledger."""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, AsyncIterable, MutableSequence, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from parlez.core.accounts import Accounts
from parlez.core.errors import Forbidden, InvalidInput, ModelError, ModelUnavailable, TooLarge
from parlez.core.identity import Caller, Scope
from parlez.core.paid_call import CallKind
from parlez.core.paid_calls import PaidCalls
from parlez.core.ports.sound_files import Raw, SoundReader, SoundWriter
from parlez.core.ports.transcriber import LISTEN, Hearing, Transcriber, Transcript
from parlez.core.ports.voice import SPEAK, Speaking, Voice
from parlez.core.ports.voice_activity import VoiceActivity
from parlez.core.sound import Sound
from parlez.core.speech_engines import SpeechEngines
from parlez.core.tiers import VOICE_CHAT, features

LONGEST_TEXT = 4_096
"""Characters that are spoken in one call."""

LONGEST_ANSWER = 16_384
"""Characters of an answer that are spoken while it is made."""


@dataclass(frozen=True, slots=True)
class Engines:
    """All engines of a server."""

    transcribers: SpeechEngines[Transcriber]
    voices: SpeechEngines[Voice]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of a sentence that is said aloud."""

    sentence: str
    sound: Sound


class Speech:
    """`reader` and `writer` are for files of sound."""

    def __init__(
        self,
        engines: Engines,
        reader: SoundReader,
        writer: SoundWriter,
        calls: PaidCalls,
        accounts: Accounts,
        activity: VoiceActivity | None = None,
    ):
        self.transcribers = engines.transcribers
        self.voices = engines.voices
        self.writer = writer
        self.activity = activity
        self._reader = reader
        self._calls = calls
        self._accounts = accounts

    async def transcribe(
        self,
        caller: Caller,
        file: BinaryIO,
        name: str = "",
        hearing: Hearing = LISTEN,
        *,
        provider: str | None = None,
        raw: Raw | None = None,
        calls: MutableSequence[str] | None = None,
    ) -> tuple[str, Transcript]:
        """What is said in a file, and which engine heard it; `calls` is as in `listen`. Raises what
        `SoundReader.read` and `listen` do."""
        await self.admit(caller)
        self.transcribers.choose(provider, hearing.model, hearing.language)
        sound = await self._reader.read(file, name, raw)
        return await self.listen(caller, sound, hearing, provider=provider, calls=calls)

    async def listen(
        self,
        caller: Caller,
        sound: Sound,
        hearing: Hearing = LISTEN,
        *,
        provider: str | None = None,
        calls: MutableSequence[str] | None = None,
    ) -> tuple[str, Transcript]:
        """What is said, and which engine heard it. What a vendor was asked for is paid for, also if
        nobody waits for it; `calls` gets the id that it has in the ledger, for `heard_for`. Raises
        `InvalidInput`, `TooLarge`, `NotFound` and `ModelError`, and what `PaidCalls.call` does."""
        await self.admit(caller)
        engine, model = self.transcribers.choose(provider, hearing.model, hearing.language)
        about = engine.about
        if about.longest_seconds is not None and sound.seconds > about.longest_seconds:
            raise TooLarge(
                f"{about.title} hears at most {about.longest_seconds:g} seconds at a time."
            )
        leaving = None
        async with self._calls.call(
            caller,
            CallKind.TRANSCRIPTION,
            f"{about.name}/{model}",
            None,
            units=round(sound.seconds * 1_000),
            unit_price=about.prices.get(model),
        ) as receipt:
            if calls is not None:
                calls.append(receipt.call_id)
            try:
                transcript = await engine.transcribe(sound, replace(hearing, model=model))
            except CancelledError as reason:
                if about.prices.get(model) == 0:
                    raise
                leaving = reason
        if leaving:
            raise leaving
        return about.name, transcript

    async def heard_for(self, scope: Scope, call_ids: Sequence[str], conversation_id: str) -> None:
        """Enter in the ledger which conversation something was heard for. It begins only once it
        is known what was said."""
        await self._calls.name(scope, call_ids, conversation_id)

    async def glimpse(
        self, caller: Caller, sound: Sound, hearing: Hearing, *, provider: str | None = None
    ) -> str | None:
        """A first impression of what is being said, from an engine that costs nothing and so is not
        counted; None from any other. Raises `ModelError`."""
        await self.admit(caller)
        engine, model = self.transcribers.choose(provider, hearing.model, hearing.language)
        if engine.about.prices.get(model) != 0:
            return None
        return (await engine.transcribe(sound, replace(hearing, model=model))).text

    def require_activity(self) -> VoiceActivity:
        """Who tells whether somebody speaks. Raises `ModelUnavailable`."""
        if self.activity is None:
            raise ModelUnavailable(
                "Listening needs the extra 'speech': pip install 'parlez[speech]'."
            )
        return self.activity

    async def speak(
        self,
        caller: Caller,
        text: str,
        speaking: Speaking = SPEAK,
        *,
        provider: str | None = None,
        conversation_id: str = "",
    ) -> AsyncGenerator[Sound, None]:
        """A text aloud, in pieces as they come. What was begun is paid for, also if nobody hears
        the rest, or it fails. Raises as `listen` does, and `InvalidInput` for a text without a
        word."""
        await self.admit(caller)
        engine, model = self.voices.choose(provider, speaking.model, speaking.language)
        about = engine.about
        most = min(LONGEST_TEXT, about.longest_text or LONGEST_TEXT)
        if len(text) > most:
            raise TooLarge(f"{about.title} speaks at most {most:,} characters at a time.")
        begun = False
        leaving: BaseException | None = None
        async with self._calls.call(
            caller,
            CallKind.SPEECH,
            f"{about.name}/{model}",
            None,
            units=len(text),
            unit_price=about.prices.get(model),
            conversation_id=conversation_id,
        ):
            try:
                async with aclosing(engine.speak(text, replace(speaking, model=model))) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except (GeneratorExit, CancelledError, ModelError) as reason:
                if not begun:
                    raise
                leaving = reason
            if not begun:
                raise InvalidInput("There is no word in this text.", param="text")
        if leaving:
            raise leaving

    async def recite(
        self,
        caller: Caller,
        sentences: AsyncIterable[str],
        speaking: Speaking = SPEAK,
        *,
        provider: str | None = None,
        conversation_id: str = "",
    ) -> AsyncGenerator[Spoken, None]:
        """Sentences aloud while they come, all of them as one call: up to `LONGEST_ANSWER`
        characters, after which it is silent. What was begun is paid for, and what was said before
        the engine failed. Raises as `listen` does; sentences without a word are passed over."""
        await self.admit(caller)
        engine, model = self.voices.choose(provider, speaking.model, speaking.language)
        about = engine.about
        how = replace(speaking, model=model)
        leaving: BaseException | None = None
        said = 0
        with suppress(_NothingSaid):
            async with self._calls.call(
                caller,
                CallKind.SPEECH,
                f"{about.name}/{model}",
                None,
                units=LONGEST_ANSWER,
                unit_price=about.prices.get(model),
                conversation_id=conversation_id,
            ) as receipt:
                receipt.units = 0
                try:
                    async for sentence in sentences:
                        # What is asked of a vendor is paid for, whoever leaves meanwhile.
                        receipt.units += len(sentence)
                        if receipt.units > LONGEST_ANSWER:
                            receipt.units -= len(sentence)
                            break
                        async with aclosing(engine.speak(sentence, how)) as pieces:
                            async for piece in pieces:
                                said = receipt.units
                                yield Spoken(sentence, piece)
                except (GeneratorExit, CancelledError) as reason:
                    if not receipt.units:
                        raise
                    leaving = reason
                except ModelError as reason:
                    if not said:
                        raise
                    receipt.units, leaving = said, reason
                if not receipt.units:
                    raise _NothingSaid
        if leaving:
            raise leaving

    async def admit(self, caller: Caller) -> None:
        """Raises `Forbidden` where the caller's tier has no speech."""
        account = await self._accounts.find(caller.scope)
        if not features(account.tier)[VOICE_CHAT]:
            raise Forbidden(
                f"The tier {account.tier} has no voice. /api/available_features tells what it has."
            )


class _NothingSaid(Exception):
    """There was no sentence, so that nothing is owed."""
