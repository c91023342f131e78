"""All engines of speech together, as they are set up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parlez.core.ports.transcriber import Transcriber
from parlez.core.ports.voice import Voice
from parlez.core.speech import Engines
from parlez.core.speech_engines import Missing, SpeechEngines
from parlez.speech.files.reader import DEFAULT_LIMITS, FileLimits, ProcessReader
from parlez.speech.files.writer import ProcessWriter
from parlez.speech.local import transcriber, voice
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.transcriber import LocalTranscriber
from parlez.speech.local.voice import LocalVoice
from parlez.speech.local.weights import missing_to_hear, missing_to_speak


class SpeechService:
    """Owns the processes of the embedded engines. `reader` and `writer` are for files of sound."""

    def __init__(self, local: LocalSpeech, limits: FileLimits = DEFAULT_LIMITS):
        self.reader = ProcessReader(limits)
        self.writer = ProcessWriter()
        self._local: list[LocalTranscriber | LocalVoice] = []
        self.engines = Engines(self._transcribers(local), self._voices(local))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """End the processes at the end of the context."""
        try:
            yield
        finally:
            for engine in self._local:
                await engine.close()

    def _transcribers(self, local: LocalSpeech) -> SpeechEngines[Transcriber]:
        if reason := missing_to_hear(local):
            return SpeechEngines([], {transcriber.NAME: Missing(transcriber.TITLE, reason)})
        made = LocalTranscriber(local)
        self._local.append(made)
        return SpeechEngines[Transcriber]([made], {})

    def _voices(self, local: LocalSpeech) -> SpeechEngines[Voice]:
        if reason := missing_to_speak(local):
            return SpeechEngines([], {voice.NAME: Missing(voice.TITLE, reason)})
        made = LocalVoice(local)
        self._local.append(made)
        return SpeechEngines[Voice]([made], {})
