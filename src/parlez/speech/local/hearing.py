"""The process that hears: `python -m parlez.speech.local.hearing`. It runs Whisper."""

import math
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from parlez.core.ports.transcriber import Care
from parlez.core.processors import computing_threads
from parlez.core.sound import HEARING_RATE
from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame

_SILENCE_MILLISECONDS = 500
"""A pause that is left out of what is listened to."""

_PAD_MILLISECONDS = 200

_TEMPERATURES = (0.0, 0.4, 0.8)
"""How freely to guess, and again where that comes to nothing good."""

_BEAMS = {Care.FULL: 5, Care.BRISK: 2, Care.GLIMPSE: 1}

_TOKENS_A_SECOND, _MORE_TOKENS, _MOST_TOKENS = 8, 12, 200
"""More than anybody says, and the most that fit into half a minute: what would come after them is
said over and over."""

_LEAST_SECONDS = 0.3
"""What begins nearer to the end than that, or behind it, is what was said before, once more."""

_UNLIKELY, _REPETITIVE = -1.0, 2.4
"""The mean logarithm of a probability below which, and the ratio of compression above which,
Whisper itself takes what it heard for wrong."""


def load(settings: dict[str, Any]) -> Engine:
    _do_without_hub()
    from faster_whisper import WhisperModel
    from faster_whisper.vad import get_vad_model

    from parlez.speech.local.brief_whisper import BriefWhisper

    whole = WhisperModel(
        settings["weights"],
        device="cpu",
        compute_type="int8",
        # They meet for every layer of every token: more of them take longer on a short utterance.
        cpu_threads=settings["threads"] or max(computing_threads(None) // 2, 1),
        num_workers=settings["slots"],
        local_files_only=True,
    )
    brief = BriefWhisper(whole)
    get_vad_model()

    def hear(task: dict[str, Any], pcm: bytes) -> Iterator[Frame]:
        return _hear(whole, brief, task, pcm)

    return hear


def _hear(whole: Any, brief: Any, task: dict[str, Any], pcm: bytes) -> Iterator[Frame]:
    import numpy as np

    samples = np.frombuffer(pcm, np.dtype("<i2")).astype(np.float32) / 32_768
    care = Care(task["care"])
    if care is not Care.FULL:
        seconds = len(samples) / HEARING_RATE
        most = min(int(_TOKENS_A_SECOND * seconds) + _MORE_TOKENS, _MOST_TOKENS)
        segments, info = _transcribe(
            brief, task, samples, care, temperature=0.0, max_new_tokens=most
        )
        heard = [segment for segment in segments if segment.start < seconds - _LEAST_SECONDS]
        if care is Care.GLIMPSE or all(map(_is_likely, heard)):
            yield {"language": info.language}, b""
            yield from map(_told, heard)
            return
    segments, info = _transcribe(whole, task, samples, Care.FULL, temperature=_TEMPERATURES)
    yield {"language": info.language}, b""
    yield from map(_told, segments)


def _transcribe(model: Any, task: dict[str, Any], samples: Any, care: Care, **how: Any) -> Any:
    return model.transcribe(
        samples,
        language=task["language"],
        beam_size=_BEAMS[care],
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
        **how,
    )


def _is_likely(segment: Any) -> bool:
    return bool(segment.avg_logprob > _UNLIKELY and segment.compression_ratio < _REPETITIVE)


def _told(segment: Any) -> Frame:
    words = [
        [word.word, float(word.start), float(word.end), float(word.probability)]
        for word in segment.words or ()
    ]
    confidence = math.exp(min(0.0, float(segment.avg_logprob)))
    told = [segment.text, float(segment.start), float(segment.end), confidence]
    return {"segment": told, "words": words}, b""


def _do_without_hub() -> None:
    """faster-whisper imports the client of a hub, to fetch weights by their name. Here weights are
    a folder, so that an empty module does where the client is not installed."""
    if find_spec("huggingface_hub") is None:
        sys.modules["huggingface_hub"] = ModuleType("huggingface_hub")


if __name__ == "__main__":
    run(load)
