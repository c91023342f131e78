"""An engine for the process of engines: counts to a number, or misbehaves.

It is run as `python -m tests.support.toy_engine`, by `Worker`.
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from parlez.speech.local.child import Engine, run
from parlez.speech.local.frames import Frame


def load(settings: dict[str, Any]) -> Engine:
    if "bad" in settings["weights"]:
        raise ValueError("these are no weights")
    if "slow" in settings["weights"]:
        time.sleep(60)
    print("what an engine prints is noise")
    alive: list[int] = []

    def do(task: dict[str, Any], payload: bytes) -> Iterator[Frame]:
        alive.append(task["task"])
        try:
            for head, sent in _do(task, payload):
                yield {**head, "alive": len(alive)}, sent
        finally:
            alive.remove(task["task"])

    return do


def _do(task: dict[str, Any], payload: bytes) -> Iterator[Frame]:
    if task.get("die"):
        os._exit(3)
    if task.get("mute"):
        os.closerange(3, 64)
    for number in range(task["count"]):
        time.sleep(task.get("pause", 0))
        if task.get("secret"):
            raise ValueError(task["secret"])
        about = {"nice": os.nice(0), "session": os.getsid(0), "group": os.getpgid(0)}
        yield {"number": number, "names": sorted(os.environ), **about}, payload
    print("done", file=sys.stderr)


if __name__ == "__main__":
    run(load)
