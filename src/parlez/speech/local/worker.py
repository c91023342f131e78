"""The process of one embedded engine, started when it is needed."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable
from typing import Any

from parlez.core.child_environment import child_environment
from parlez.core.child_process import leave_group
from parlez.core.errors import ModelError, ModelFailed, ModelOverloaded, ModelUnavailable
from parlez.speech.local.child_process import ChildProcess
from parlez.speech.local.frames import LONGEST_HEAD, Frame
from parlez.speech.local.settings import LocalSpeech

MOST_TASKS = 64
MOST_BYTES = 128 * 1024 * 1024
"""What may be asked of an engine at a time, waiting tasks included."""

_RETRY_SECONDS = 5.0

# Threads that wait for another must not take the processor from it, nor from the server.
_NO_SPIN = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "200", "KMP_BLOCKTIME": "0"}


class Worker:
    """Owns at most one process, which runs `module`. It belongs to one event loop and is closed by
    its owner. `missing` says which part is missing, and `weights` where they are."""

    def __init__(
        self,
        module: str,
        title: str,
        settings: LocalSpeech,
        missing: Callable[[LocalSpeech], str | None],
        weights: Callable[[LocalSpeech], os.PathLike[str] | None],
    ):
        self._module = module
        self._title = title
        self._settings = settings
        self._missing = missing
        self._weights = weights
        self._starting: asyncio.Task[ChildProcess] | None = None
        self._minding: asyncio.Task[None] | None = None
        self._bytes = 0
        self._tasks = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        child = self._running()
        return child.pid if child else None

    async def warm_up(self) -> None:
        """Start the process if none runs. Raises `ModelUnavailable`."""
        await self._child()

    async def run(self, task: dict[str, Any], payload: bytes = b"") -> AsyncGenerator[Frame, None]:
        """The parts of what comes of a task. Raises `ModelError`."""
        if self._tasks >= MOST_TASKS or self._bytes + len(payload) > MOST_BYTES:
            raise ModelOverloaded(
                f"{self._title} has too much to do. Try again.", retry_after=_RETRY_SECONDS
            )
        self._tasks += 1
        self._bytes += len(payload)
        try:
            child = await self._child()
            number, answer = await child.begin(task, payload)
            try:
                while (part := await answer.get()) is not None:
                    if isinstance(part, ModelError):
                        raise part
                    yield part
            finally:
                await child.forget(number)
        finally:
            self._tasks -= 1
            self._bytes -= len(payload)

    async def close(self) -> None:
        """End the process, also one that is only starting."""
        self._closed = True
        if self._starting and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if child := self._running():
            await child.stop()
        if self._minding:
            await self._minding

    async def _child(self) -> ChildProcess:
        """The process. Starts one if none runs; callers at the same time share it."""
        if self._closed:
            raise ModelUnavailable("The server is shutting down.")
        if child := self._running():
            return child
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(_look_at_failure)
        # Whoever gives up waiting does not stop the start that others wait for.
        return await asyncio.shield(self._starting)

    def _running(self) -> ChildProcess | None:
        task = self._starting
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        child = task.result()
        return child if child.runs else None

    async def _start(self) -> ChildProcess:
        if missing := self._missing(self._settings):
            raise ModelUnavailable(missing)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without the current folder on the module path, from which anything could be loaded.
            "-P",
            "-m",
            self._module,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LONGEST_HEAD,
            env=child_environment(os.environ) | _NO_SPIN,
            preexec_fn=leave_group,
        )
        child = ChildProcess(process, self._title)
        try:
            async with asyncio.timeout(self._settings.start_seconds):
                await child.introduce(self._as_told())
        except (TimeoutError, ModelFailed, ValueError) as reason:
            await child.stop()
            raise ModelUnavailable(self._start_failure(reason, child)) from reason
        except BaseException:
            await child.stop()
            raise
        self._minding = asyncio.create_task(
            child.mind(self._settings.idle_seconds, self._settings.silent_seconds)
        )
        return child

    def _as_told(self) -> dict[str, Any]:
        weights = self._weights(self._settings)
        assert weights is not None
        return {
            "weights": os.fspath(weights),
            "slots": self._settings.slots,
            "threads": self._settings.threads,
        }

    def _start_failure(self, reason: Exception, child: ChildProcess) -> str:
        late = isinstance(reason, TimeoutError)
        what = "did not become ready in time" if late else "could not be started"
        said = child.last_words
        return f"{self._title} {what}." + (f" Its last words: {said}" if said else "")


def _look_at_failure(task: asyncio.Task[ChildProcess]) -> None:
    """Take note of a failure that nobody waited for, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()
