"""The process that hears: `python -m parlez.speech.local.hearing`. It runs Whisper."""

import math
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame

_SILENCE_MILLISECONDS = 500
"""A pause that is left out of what is listened to."""

_PAD_MILLISECONDS = 200

_TEMPERATURES = (0.0, 0.4, 0.8)
"""How freely to guess, and again where that comes to nothing good."""

_CAREFUL_BEAMS = 5


def load(settings: dict[str, Any]) -> Engine:
    _do_without_hub()
    from faster_whisper import WhisperModel
    from faster_whisper.vad import get_vad_model

    model = WhisperModel(
        settings["weights"],
        device="cpu",
        compute_type="int8",
        cpu_threads=settings["threads"],
        num_workers=settings["slots"],
        local_files_only=True,
    )
    get_vad_model()

    def hear(task: dict[str, Any], pcm: bytes) -> Iterator[Frame]:
        return _hear(model, task, pcm)

    return hear


def _hear(model: Any, task: dict[str, Any], pcm: bytes) -> Iterator[Frame]:
    import numpy as np

    samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / 32_768
    segments, info = model.transcribe(
        samples,
        language=task["language"],
        beam_size=1 if task["quick"] else _CAREFUL_BEAMS,
        temperature=0.0 if task["quick"] else _TEMPERATURES,
        initial_prompt=task["prompt"],
        word_timestamps=task["words"],
        # One slip would otherwise lead to the next.
        condition_on_previous_text=False,
        # In silence it would hear things.
        vad_filter=True,
        vad_parameters={
            "min_silence_duration_ms": _SILENCE_MILLISECONDS,
            "speech_pad_ms": _PAD_MILLISECONDS,
        },
    )
    yield {"language": info.language}, b""
    for segment in segments:
        words = [
            [word.word, float(word.start), float(word.end), float(word.probability)]
            for word in segment.words or ()
        ]
        confidence = math.exp(min(0.0, float(segment.avg_logprob)))
        yield (
            {
                "segment": [segment.text, float(segment.start), float(segment.end), confidence],
                "words": words,
            },
            b"",
        )


def _do_without_hub() -> None:
    """faster-whisper imports the client of a hub, to fetch weights by their name. Here weights are
    a folder, so that an empty module does where the client is not installed."""
    if find_spec("huggingface_hub") is None:
        sys.modules["huggingface_hub"] = ModuleType("huggingface_hub")


if __name__ == "__main__":
    run(load)
