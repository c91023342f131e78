"""The process that speaks: `python -m parlez.speech.local.speaking`. It runs Piper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parlez.core.processors import computing_threads
from parlez.speech.breaths import breaths
from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame


def load(settings: dict[str, Any]) -> Engine:
    from parlez.speech.local.live_piper import LivePiper

    voice = LivePiper(Path(settings["weights"]), computing_threads(settings["threads"]))

    def say(task: dict[str, Any], _: bytes) -> Iterator[Frame]:
        for piece in breaths(task["text"]):
            for pcm in voice.say(piece, task["speed"]):
                yield {"rate": voice.rate}, pcm

    return say


if __name__ == "__main__":
    run(load)
