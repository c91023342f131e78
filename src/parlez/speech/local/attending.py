"""The process that tells whether somebody speaks: `python -m parlez.speech.local.attending`. It
runs Silero VAD, which keeps nothing: what it remembers of a stream goes to and fro with it."""

from collections.abc import Iterator
from typing import Any

from parlez.core.ports.voice_activity import WINDOW_SAMPLES
from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame

CONTEXT_SAMPLES = 64
MEMORY_FLOATS = 128
MEMORY_BYTES = 2 * 4 * MEMORY_FLOATS


def load(settings: dict[str, Any]) -> Engine:
    from parlez.speech.local.network import load_network

    model = load_network(settings["weights"], threads=1)

    def attend(task: dict[str, Any], payload: bytes) -> Iterator[Frame]:
        return _attend(model, payload)

    return attend


def _attend(model: Any, payload: bytes) -> Iterator[Frame]:
    """The payload is what is remembered, the samples before, and those to be judged."""
    import numpy as np

    memory = np.frombuffer(payload[:MEMORY_BYTES], np.dtype("<f4")).reshape(2, 1, 1, MEMORY_FLOATS)
    h, c = memory[0], memory[1]
    samples = np.frombuffer(payload[MEMORY_BYTES:], np.dtype("<i2")).astype(np.float32) / 32_768
    judged = []
    for start in range(CONTEXT_SAMPLES, len(samples), WINDOW_SAMPLES):
        window = samples[start - CONTEXT_SAMPLES : start + WINDOW_SAMPLES].reshape(1, -1)
        output, h, c = model.run(None, {"input": window, "h": h, "c": c})
        judged.append(round(float(output.reshape(-1)[0]), 4))
    yield {"judged": judged}, np.stack([h, c]).astype("<f4").tobytes()


if __name__ == "__main__":
    run(load)
