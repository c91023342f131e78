"""The process that speaks: `python -m parlez.speech.local.speaking`. It runs Piper."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parlez.core.processors import computing_threads
from parlez.speech.breaths import breaths
from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame


def load(settings: dict[str, Any]) -> Engine:
    import onnxruntime
    from piper import PiperConfig, PiperVoice

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = computing_threads(settings["threads"])
    options.inter_op_num_threads = 1
    # Threads that wait for another must not take the processor from it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    weights = Path(settings["weights"])
    config = json.loads(weights.with_name(weights.name + ".json").read_text(encoding="utf-8"))
    voice = PiperVoice(
        session=onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        ),
        config=PiperConfig.from_dict(config),
    )

    def say(task: dict[str, Any], _: bytes) -> Iterator[Frame]:
        return _say(voice, task)

    return say


def _say(voice: Any, task: dict[str, Any]) -> Iterator[Frame]:
    from piper import SynthesisConfig

    pace = SynthesisConfig(length_scale=voice.config.length_scale / task["speed"])
    for piece in breaths(task["text"]):
        for sentence in voice.synthesize(piece, pace):
            if pcm := sentence.audio_int16_bytes:
                yield {"rate": sentence.sample_rate}, pcm


if __name__ == "__main__":
    run(load)
