"""The conversation that is held over one WebSocket."""

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary

from parlez.api.platform.ids import read_conversation_id
from parlez.api.platform.socket.answers import Answers, Spawn
from parlez.api.platform.socket.channel import Channel
from parlez.api.platform.socket.engines import Hearer, Speaker, choose_hearer, choose_speaker
from parlez.api.platform.socket.flood import Flood
from parlez.api.platform.socket.leaving import Close, Leave
from parlez.api.platform.socket.listening import Ear, GoodCaller, Mouth
from parlez.api.platform.socket.messages import Audio, Init, Listen, Say
from parlez.api.platform.socket.place import Place
from parlez.api.platform.socket.spoken_answer import SpokenAnswer
from parlez.core.errors import ParlezError, QueueFull
from parlez.core.identity import Scope
from parlez.core.sound import HEARING_RATE, SAMPLE_BYTES
from parlez.core.turns import Turn, TurnRequest
from parlez.http.idempotency import idempotency_key
from parlez.http.services import Services
from parlez.http.turn_answers import begin_turn
from parlez.realtime.endpointing import Manner
from parlez.realtime.ports import Begin
from parlez.realtime.reply import Reply
from parlez.realtime.session import VoiceSession
from parlez.realtime.stages import Stages

MOST_UTTERANCES = 4
"""Sounds of one client that are heard, or wait to be, at a time."""

MOST_HEARINGS = 64
"""Calls in which nothing was said that a turn began with are forgotten when they are more."""

LONGEST_FRAME = 64_000
"""Bytes of one binary frame: two seconds."""


class Talk:
    """`caller` gives who is talking, as long as the credential is good. What is said without naming
    a conversation goes on in the last one, at `place`."""

    def __init__(
        self,
        inside: Services,
        channel: Channel,
        spawn: Spawn,
        see_through: Spawn,
        caller: GoodCaller,
        flood: Flood,
    ):
        self._inside = inside
        self._channel = channel
        self._spawn = spawn
        self._see_through = see_through
        self._good_caller = caller
        self._flood = flood
        self._answers = Answers(inside, channel, spawn)
        self._utterances: set[asyncio.Task[None]] = set()
        self._stops = 0
        # What was said first is answered first.
        self._order = asyncio.Lock()
        self._voice: VoiceSession | None = None
        """It outlives the listening, for what is still being said."""
        self._listens = False
        self._is_deaf = False
        """Whether hearing has failed since listening began."""
        self._heard: deque[str] = deque(maxlen=MOST_HEARINGS)
        """Calls in the ledger for what was said since the last turn began."""
        self._replied: WeakKeyDictionary[Reply, Turn] = WeakKeyDictionary()
        self.place = Place()

    async def initialize(self, scope: Scope, message: Init) -> None:
        """Raises `NotFound` for a conversation that is not there."""
        conversation_id = None
        if message.conversation_id:
            conversation_id = read_conversation_id(message.conversation_id)
            await self._inside.desk.find(scope, conversation_id, message.user_id)
        self.place = Place(message.user_id, conversation_id, message.model or None)

    async def say(self, message: Say) -> None:
        """Begin the answer to a message."""
        stages = Stages()
        self._answers.require_room()
        await self._begin(
            self.place,
            message,
            message.message,
            stages,
            options=message.options.options,
            sources=message.sources,
            no_search=message.no_search,
        )

    async def hear(self, message: Audio) -> None:
        """Begin to listen to an utterance, and to answer it."""
        if len(self._utterances) >= MOST_UTTERANCES:
            raise QueueFull(f"At most {MOST_UTTERANCES} sounds are heard at once for a connection.")
        self._answers.require_room()
        task = self._spawn(self._hear(self.place, message, Stages()))
        self._utterances.add(task)
        task.add_done_callback(self._utterances.discard)

    async def listen(self, message: Listen) -> None:
        """Begin to listen all the time, or go on in another way."""
        speech = self._inside.speech
        caller = await self._good_caller()
        await speech.admit(caller)
        activity = speech.require_activity()
        language = message.language_code
        hearer = await choose_hearer(speech, self._channel, message.stt_provider, language)
        speaker = await choose_speaker(
            speech, self._channel, message.tts_provider, message.tts_voice, language
        )
        place = self.place
        if message.conversation_id:
            conversation_id = read_conversation_id(message.conversation_id)
            await self._inside.desk.find(caller.scope, conversation_id, place.user_id)
            place = Place(place.user_id, conversation_id, place.model)
        await activity.warm_up()
        ear = Ear(speech, self._good_caller, hearer, self._heard, glimpses=message.partials)
        mouth = Mouth(speech, self._good_caller, speaker)
        stream, manner = activity.stream(), Manner(end=message.silence)
        if self._voice:
            await self._voice.go_on(stream, ear, mouth, manner)
        else:
            self._voice = VoiceSession(
                stream,
                ear,
                self,
                mouth,
                self._channel,
                self._spawn,
                self._see_through,
                manner,
            )
        # What was said before is answered where that was.
        self.place = place
        place.model = message.model or place.model
        self._listens, self._is_deaf = True, False
        self._spawn(self._warm_up(hearer, speaker))
        await self._channel.send("status", status="listening", sample_rate=message.sample_rate)

    async def listen_no_more(self) -> None:
        """What was said until now is answered."""
        self._listens = False
        if self._voice:
            await self._voice.finish()

    async def hear_more(self, pcm: bytes) -> None:
        """Sound from the microphone. Raises `Leave` for what cannot be."""
        if self._voice is None or not self._listens:
            raise Leave(
                Close.OUT_OF_ORDER, "not_listening", "Binary frames are taken after 'listen' alone."
            )
        if not pcm or len(pcm) % SAMPLE_BYTES or len(pcm) > LONGEST_FRAME:
            raise Leave(
                Close.MALFORMED,
                "invalid_frame",
                f"A frame of sound has whole samples of 16 bits, and at most {LONGEST_FRAME:,} "
                "bytes.",
            )
        self._flood.hear(len(pcm) / SAMPLE_BYTES / HEARING_RATE)
        if self._is_deaf:
            # The client did not know yet.
            return
        try:
            await self._voice.hear(pcm)
        except ParlezError:
            self._is_deaf = True
            await self._voice.finish()
            raise

    def played(self, epoch: int, seconds: float) -> None:
        if self._voice:
            self._voice.played(epoch, seconds)

    def here(self) -> Begin:
        """Implements `realtime.ports.Brain`."""
        return partial(self._begin_reply, self.place)

    async def _begin_reply(self, place: Place, text: str, reply: Reply) -> None:
        self._answers.require_room()
        caller = await self._good_caller()
        asked = TurnRequest(
            text,
            conversation_id=place.conversation_id,
            user_label=place.user_id,
            model=place.model,
            stream=True,
        )
        turn = await begin_turn(self._inside, caller, asked, None)
        place.conversation_id = turn.conversation_id
        self._replied[reply] = turn
        self._answers.begin(turn, reply.stages, reply)
        heard = list(self._heard)
        self._heard.clear()
        await self._inside.speech.heard_for(turn.scope, heard, turn.conversation_id)

    async def cut_short(self, reply: Reply, heard: str) -> None:
        """Implements `realtime.ports.Brain`."""
        turn = self._replied.get(reply)
        if turn:
            await self._inside.engine.cut_short(turn.scope, turn.id, heard)

    async def stop(self) -> None:
        """End what is being heard, and all answers, keeping what was said."""
        self._stops += 1
        if self._utterances:
            for task in self._utterances:
                task.cancel()
            await self._channel.send("status", status="listening")
        if self._voice:
            await self._voice.stop()
        await self._answers.stop()

    async def _warm_up(self, hearer: Hearer | None, speaker: Speaker | None) -> None:
        """Whoever speaks first need not wait for the engines. What is wrong with them is told when
        they are needed."""
        speech = self._inside.speech
        with suppress(ParlezError):
            if hearer:
                await speech.transcribers.choose(hearer.provider)[0].warm_up()
            if speaker:
                await speech.voices.choose(speaker.provider)[0].warm_up()

    async def _hear(self, place: Place, message: Audio, stages: Stages) -> None:
        try:
            async with self._order:
                await self._transcribe_and_answer(place, message, stages)
        except ParlezError as error:
            await self._channel.tell(error)
            await self._channel.send("status", status="listening")

    async def _transcribe_and_answer(self, place: Place, message: Audio, stages: Stages) -> None:
        speech = self._inside.speech
        caller = await self._good_caller()
        await speech.admit(caller)
        language = message.language_code
        hearer = await choose_hearer(speech, self._channel, message.stt_provider, language)
        speaker = await choose_speaker(
            speech, self._channel, message.tts_provider, message.tts_voice, language
        )
        await self._channel.send("status", status="processing")
        # The voice gets ready while the utterance is heard.
        self._spawn(self._warm_up(None, speaker))
        name = f"audio.{message.format}" if message.format else ""
        calls: list[str] = []
        _, heard = await speech.transcribe(
            caller,
            BytesIO(message.audio_data),
            name,
            hearer.hearing,
            provider=hearer.provider,
            raw=message.raw,
            calls=calls,
        )
        stages.mark("transcribed")
        await self._channel.send(
            "transcription",
            text=heard.text,
            language=heard.language,
            confidence=heard.confidence,
            provider=hearer.provider,
        )
        if not heard.text.strip():
            await self._channel.send("status", status="listening")
            return
        spoken = None
        if speaker:
            form = message.tts_format
            spoken = SpokenAnswer(speech, self._channel, caller, speaker, form, stages)
        task = asyncio.current_task()
        assert task
        # From here on there may be a turn: it is not dropped any more, but stopped.
        self._utterances.discard(task)
        stops = self._stops
        turn = await self._begin(place, message, heard.text, stages, spoken)
        if stops != self._stops:
            if spoken:
                spoken.silence()
            await self._inside.engine.stop(turn.scope, turn.id)
        await speech.heard_for(turn.scope, calls, turn.conversation_id)

    async def _begin(
        self,
        place: Place,
        message: Say | Audio,
        text: str,
        stages: Stages,
        spoken: SpokenAnswer | None = None,
        **fields: Any,
    ) -> Turn:
        caller = await self._good_caller()
        conversation_id = place.conversation_id
        if message.conversation_id:
            conversation_id = read_conversation_id(message.conversation_id)
        asked = TurnRequest(
            text,
            conversation_id=conversation_id,
            user_label=place.user_id,
            model=message.model or place.model,
            stream=True,
            **fields,
        )
        key = None
        if isinstance(message, Say):
            counted = {
                **message.model_dump(exclude={"idempotency_key"}),
                "user_id": place.user_id,
            }
            key = idempotency_key(message.idempotency_key, "platform.socket", counted)
        turn = await begin_turn(self._inside, caller, asked, key)
        place.conversation_id = turn.conversation_id
        self._answers.begin(turn, stages, spoken)
        return turn
