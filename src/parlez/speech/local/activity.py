"""The embedded detector of voices, behind `core.ports.voice_activity`."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from parlez.core.ports.voice_activity import WINDOW_SAMPLES, ActivityStream
from parlez.core.sound import SAMPLE_BYTES
from parlez.speech.local.attending import CONTEXT_SAMPLES, MEMORY_BYTES
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.worker import Worker

TITLE = "Embedded Silero"

_CONTEXT_BYTES = CONTEXT_SAMPLES * SAMPLE_BYTES


class LocalActivity:
    """Silero, in a process of its own."""

    def __init__(self, settings: LocalSpeech):
        self._worker = Worker(
            "parlez.speech.local.attending", TITLE, settings, missing_to_attend, silero_weights
        )

    def stream(self) -> ActivityStream:
        return _Stream(self._worker)

    async def warm_up(self) -> None:
        await self._worker.warm_up()

    async def close(self) -> None:
        await self._worker.close()


class _Stream:
    def __init__(self, worker: Worker):
        self._worker = worker
        self._memory = bytes(MEMORY_BYTES)
        self._context = bytes(_CONTEXT_BYTES)

    async def judge(self, pcm: bytes) -> Sequence[float]:
        assert len(pcm) % (WINDOW_SAMPLES * SAMPLE_BYTES) == 0
        judged: list[float] = []
        payload = self._memory + self._context + pcm
        async for head, memory in self._worker.run({}, payload):
            judged += head["judged"]
            self._memory = memory
        self._context = (self._context + pcm)[-_CONTEXT_BYTES:]
        return judged


def silero_weights(_: LocalSpeech) -> Path | None:
    """faster-whisper brings them."""
    found = find_spec("faster_whisper")
    folders = found.submodule_search_locations if found else None
    if not folders:
        return None
    return next(iter(sorted(Path(folders[0], "assets").glob("silero_vad_v6*.onnx"))), None)


def missing_to_attend(settings: LocalSpeech) -> str | None:
    """What to do about it where voices cannot be told from noise; None where they can."""
    if find_spec("onnxruntime") and find_spec("numpy") and silero_weights(settings):
        return None
    return "Listening needs the extra 'speech': pip install 'parlez[speech]'."
