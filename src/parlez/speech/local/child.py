"""What the processes of both engines do alike.

They are told how they are set up, and then tasks, in frames on their standard input, and answer in
frames on their standard output: parts of an answer, and its end. A task is worked on part by part,
in turns with all others, so that a short one need not wait for a long one. They live as long as
their standard input is open.
"""

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn

from parlez.core.child_process import be_child
from parlez.speech.local.frames import Frame, pack, read

Engine = Callable[[dict[str, Any], bytes], Iterator[Frame]]
"""Does a task, part by part."""

_NICENESS = 10
"""Less than that of the language model, which would go on with its answer while the first of it is
to be spoken."""


def run(load: Callable[[dict[str, Any]], Engine]) -> NoReturn:
    """Be the process of an engine, until its parent is gone."""
    be_child(_NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    # What else is printed is noise.
    os.dup2(2, 1)
    orders = open(0, "rb", closefd=False)  # noqa: SIM115
    told = read(orders)
    assert told is not None
    settings, _ = told
    try:
        engine = load(settings)
    except Exception as reason:
        sys.exit(f"{type(reason).__name__}: {reason}")
    _Bench(engine, answers, settings["slots"]).serve(orders)
    os._exit(0)


class _Bench:
    """The tasks that are being done. `slots` threads take turns at them."""

    def __init__(self, engine: Engine, answers: BinaryIO, slots: int):
        self._engine = engine
        self._answers = answers
        self._sending = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[int, Iterator[Frame]]] = queue.SimpleQueue()
        self._dropped: set[int] = set()
        self._slots = slots

    def serve(self, orders: BinaryIO) -> None:
        """Take orders until there are no more."""
        for _ in range(self._slots):
            threading.Thread(target=self._work, daemon=True).start()
        self._send({"ready": True})
        while frame := read(orders):
            head, payload = frame
            if "drop" in head:
                self._dropped.add(head["drop"])
            else:
                self._waiting.put((head["task"], self._engine(head, payload)))

    def _work(self) -> None:
        while True:
            task, parts = self._waiting.get()
            if task in self._dropped:
                self._dropped.discard(task)
                continue
            try:
                part = next(parts, None)
            except Exception as bug:
                self._tell(bug)
                self._send({"task": task, "broken": True})
                continue
            if part is None:
                self._send({"task": task, "end": True})
                continue
            head, payload = part
            self._send({**head, "task": task}, payload)
            self._waiting.put((task, parts))

    def _send(self, head: dict[str, Any], payload: bytes = b"") -> None:
        with self._sending:
            self._answers.write(pack(head, payload))
            self._answers.flush()

    @staticmethod
    def _tell(bug: Exception) -> None:
        """Where it happened, without the words of the error, which may be those of a text."""
        places = traceback.extract_tb(bug.__traceback__)[-3:]
        where = ", ".join(f"{place.name} line {place.lineno}" for place in places)
        print(f"{type(bug).__name__} in {where}", file=sys.stderr, flush=True)  # noqa: T201
