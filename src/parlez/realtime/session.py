"""A spoken conversation in which anybody may interrupt.

Voice activity, endpointing, transcriber, turn, sentences, voice, playout: each over its port, so
that all of it can be tried without a microphone, a model or time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from parlez.core.errors import ParlezError
from parlez.core.ports.voice_activity import WINDOW_SAMPLES, ActivityStream
from parlez.core.sound import SAMPLE_BYTES
from parlez.realtime.endpointing import WINDOW_SECONDS, Change, Endpointer, Manner
from parlez.realtime.ports import Begin, Brain, Client, Ear, Mouth
from parlez.realtime.reply import Reply
from parlez.realtime.stages import Stages

INTERRUPTION_SECONDS = 0.3
INTERRUPTION_WORDS = 2
"""So much of the user's voice, or so many words, are no cough."""

GLIMPSE_SECONDS = 1.0
"""How much more must have been said for another impression of it."""

_WINDOW_BYTES = WINDOW_SAMPLES * SAMPLE_BYTES

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class VoiceSession:
    """What the microphone hears goes into `hear`, in order; what there is to be heard is sent to
    the client. `spawn` runs what goes on meanwhile, and ends it with the connection; `see_through`
    runs to its end what was decided before that. Each answer has a greater epoch than the last."""

    def __init__(
        self,
        activity: ActivityStream,
        ear: Ear,
        brain: Brain,
        mouth: Mouth,
        client: Client,
        spawn: Spawn,
        see_through: Spawn,
        manner: Manner,
    ):
        self._activity = activity
        self._ear = ear
        self._brain = brain
        self._mouth = mouth
        self._client = client
        self._spawn = spawn
        self._see_through = see_through
        self._endpointer = Endpointer(manner)
        self._rest = b""
        self._epoch = 0
        self._reply: Reply | None = None
        self._is_held = False
        """Whether playback waits for what the user's voice will come to."""
        self._listening: asyncio.Task[str] | None = None
        self._glimpsing: asyncio.Task[None] | None = None
        self._glimpsed = 0.0
        self._utterance = 0
        self._stops = 0
        # What was said first is answered first, and after what was cut short is.
        self._order = asyncio.Lock()

    async def go_on(self, activity: ActivityStream, ear: Ear, mouth: Mouth, manner: Manner) -> None:
        """Answer what was said until now, and listen in another way to what follows."""
        await self.finish()
        self._activity, self._ear, self._mouth = activity, ear, mouth
        self._endpointer = Endpointer(manner)
        self._rest = b""

    async def hear(self, pcm: bytes) -> None:
        """The next samples, at `HEARING_RATE`. Returns when they have been judged, which is how
        whoever sends too much is slowed down. Raises `ParlezError`."""
        pcm = self._rest + pcm
        whole = len(pcm) // _WINDOW_BYTES * _WINDOW_BYTES
        self._rest = pcm[whole:]
        if not whole:
            return
        judged = await self._activity.judge(pcm[:whole])
        for place, likelihood in enumerate(judged):
            window = pcm[place * _WINDOW_BYTES : (place + 1) * _WINDOW_BYTES]
            await self._on(self._endpointer.add(window, likelihood))

    def played(self, epoch: int, seconds: float) -> None:
        """The client has played so much of an epoch. What it says of another is stale."""
        if self._reply and self._reply.epoch == epoch:
            self._reply.playout.report(seconds)

    async def finish(self) -> None:
        """What was said is all: answer it."""
        if self._endpointer.speaking:
            await self._on_end()

    async def stop(self) -> None:
        """Say no more of what is being said, as if the user had interrupted, and do not answer what
        the user has said."""
        self._stops += 1
        if self._reply and not self._reply.over.is_set():
            await self._interrupt()

    async def _on(self, change: Change | None) -> None:
        match change:
            case Change.BEGAN:
                await self._on_beginning()
            case Change.PAUSED:
                self._listening = self._listen()
                if self._is_held:
                    self._spawn(self._weigh(self._listening, self._utterance))
            case Change.WENT_ON:
                self._drop_listening()
            case Change.ENDED:
                await self._on_end()
            case Change.WAS_NOISE:
                await self._client.send("speech_ended")
                await self._release()
        endpointer = self._endpointer
        if not endpointer.speaking:
            return
        if self._is_held and endpointer.voiced >= INTERRUPTION_SECONDS - WINDOW_SECONDS / 2:
            await self._interrupt()
        if endpointer.silence == 0 and endpointer.voiced >= self._glimpsed + GLIMPSE_SECONDS:
            self._glimpse()

    async def _on_beginning(self) -> None:
        self._glimpsed = 0.0
        self._utterance += 1
        reply = self._reply
        if reply and not reply.over.is_set():
            self._is_held = True
            reply.playout.pause()
            await self._client.send("pause", epoch=reply.epoch)
        await self._client.send("speech_started")

    async def _on_end(self) -> None:
        """The user has said all of it."""
        listening = self._listening or self._listen()
        self._listening = None
        self._drop_glimpse()
        began = asyncio.get_running_loop().time() - self._endpointer.silence
        held = self._is_held
        self._endpointer.forget()
        await self._client.send("speech_ended")
        if held:
            # Also where playback was held after the silence had begun, or there was none.
            self._spawn(self._weigh(listening, self._utterance))
        else:
            self._answer_to(listening, Stages(began))

    def _listen(self) -> asyncio.Task[str]:
        """Listen to what was said up to now."""
        task = asyncio.ensure_future(self._ear.listen(self._endpointer.sound))
        # It is looked at by whoever needs it, if anybody does.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._spawn(_owned(task))
        return task

    def _drop_listening(self) -> None:
        if self._listening:
            self._listening.cancel()
            self._listening = None

    async def _weigh(self, listening: "asyncio.Task[str]", utterance: int) -> None:
        """Tell words from a cough. One that was dropped, because speech goes on, is neither yet."""
        try:
            text = await asyncio.shield(listening)
        except asyncio.CancelledError:
            if listening.cancelled():
                return
            raise
        except ParlezError:
            text = ""
        if not self._is_held:
            return
        if len(text.split()) >= INTERRUPTION_WORDS:
            await self._interrupt()
            if not self._endpointer.speaking or self._utterance != utterance:
                # Its end has come meanwhile.
                now = asyncio.get_running_loop().time()
                self._answer_to(listening, Stages(now))
        elif self._utterance == utterance:
            self._listening = None
            if self._endpointer.speaking:
                self._endpointer.forget()
                await self._client.send("speech_ended")
            await self._release()

    async def _release(self) -> None:
        """It was nothing: go on."""
        if self._is_held and self._reply:
            self._is_held = False
            self._reply.playout.resume()
            await self._client.send("resume", epoch=self._reply.epoch)
        elif self._reply is None or self._reply.over.is_set():
            await self._client.send("status", status="listening")

    async def _interrupt(self) -> None:
        """Give the user the word: only what was heard is said."""
        reply, self._reply, self._is_held = self._reply, None, False
        if reply is None or reply.over.is_set():
            return
        heard = reply.playout.heard()
        reply.interrupt()
        self._epoch += 1
        self._see_through(self._cut_short(reply, heard))
        await self._client.send("interrupted", epoch=self._epoch, heard=heard, **reply.named)

    async def _cut_short(self, reply: Reply, heard: str) -> None:
        async with self._order:
            await self._keep(reply, heard)

    async def _keep(self, reply: Reply, heard: str) -> None:
        """Have only what was heard of an answer kept."""
        try:
            await self._brain.cut_short(reply, heard)
        except ParlezError as error:
            await self._client.tell(error)
        finally:
            reply.settle()

    def _answer_to(self, listening: "asyncio.Task[str]", stages: Stages) -> None:
        self._spawn(self._answer(listening, stages, self._brain.here(), self._stops))

    async def _answer(
        self, listening: "asyncio.Task[str]", stages: Stages, begin: Begin, stops: int
    ) -> None:
        async with self._order:
            try:
                text = await listening
                stages.mark("transcribed")
                await self._client.send("transcription", text=text, is_final=True)
                if not text.strip() or stops != self._stops:
                    await self._client.send("status", status="listening")
                    return
                await self._begin(begin, text, stages)
            except ParlezError as error:
                await self._client.tell(error)
                await self._client.send("status", status="listening")

    async def _begin(self, begin: Begin, text: str, stages: Stages) -> None:
        before = self._reply
        if before and not before.over.is_set():
            # The user has said more before the answer came.
            heard = before.playout.heard()
            before.interrupt()
            await asyncio.shield(self._see_through(self._keep(before, heard)))
        self._epoch += 1
        reply = Reply(self._epoch, stages, self._mouth, self._client)
        self._reply = reply
        if self._endpointer.speaking:
            self._is_held = True
            reply.playout.pause()
            await self._client.send("pause", epoch=reply.epoch)
        try:
            await begin(text, reply)
        except BaseException:
            reply.silence()
            raise

    def _glimpse(self) -> None:
        self._glimpsed = self._endpointer.voiced
        if self._glimpsing is None or self._glimpsing.done():
            self._glimpsing = self._spawn(self._show_glimpse())

    async def _show_glimpse(self) -> None:
        with suppress(ParlezError):
            text = await self._ear.glimpse(self._endpointer.sound)
            if text and self._endpointer.speaking:
                await self._client.send("transcription", text=text, is_final=False)

    def _drop_glimpse(self) -> None:
        if self._glimpsing:
            self._glimpsing.cancel()
            self._glimpsing = None


async def _owned(task: "asyncio.Task[str]") -> None:
    """End a task with whoever waits here."""
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
