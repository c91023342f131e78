"""The child process of the embedded model, started when it is needed."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from parlez.core.child_environment import child_environment
from parlez.core.child_process import leave_group
from parlez.core.errors import ModelUnavailable
from parlez.core.processors import computing_threads
from parlez.providers.local.settings import LocalSettings
from parlez.providers.local.weights import find_weights, missing_part

_NOISE_BYTES = 2_000
_NOISE_LINES = 5
_GRACE_SECONDS = 2.0
_DYING_SECONDS = 0.5

# llama.cpp's threads meet hundreds of times per token, and by default spin for long while they
# wait. As soon as another program takes one of two cores, the thread that is waited for is the one
# that does not run, and an answer takes a minute. Spinning this briefly costs nothing measurable
# on idle cores and halves the speed on busy ones.
_BRIEF_SPIN = {"GOMP_SPINCOUNT": "200"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a running child answers, and the key it wants."""

    base_url: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Running:
    process: asyncio.subprocess.Process
    endpoint: Endpoint
    noise: asyncio.Task[None]


class LocalProcess:
    """Owns at most one child. It belongs to one event loop and is closed by its owner."""

    def __init__(self, settings: LocalSettings, model_name: str) -> None:
        self._settings = settings
        self._model_name = model_name
        self._starting: asyncio.Task[_Running] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        running = self._running()
        return running.process.pid if running else None

    async def endpoint(self) -> Endpoint:
        """Where the child answers. Starts one if none runs; callers at the same time share it.

        Raises `ModelUnavailable` if it cannot be started.
        """
        if self._closed:
            raise ModelUnavailable("The server is shutting down.")
        if running := self._running():
            return running.endpoint
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(_look_at_failure)
        # Whoever gives up waiting does not stop the start that others wait for.
        return (await asyncio.shield(self._starting)).endpoint

    async def discard(self) -> None:
        """End a child that no longer answers, so that the next use starts another."""
        if running := self._running():
            await _stop(running.process)

    async def settle(self) -> None:
        """Wait a moment for the end of a child that broke off a connection, so that the next use
        starts another and does not meet the dying one."""
        if running := self._running():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(running.process.wait(), timeout=_DYING_SECONDS)

    async def close(self) -> None:
        """End the child, also one that is only starting."""
        self._closed = True
        starting, self._starting = self._starting, None
        if starting is None:
            return
        starting.cancel()
        await asyncio.wait([starting])
        if not starting.cancelled() and starting.exception() is None:
            running = starting.result()
            await _stop(running.process)
            await running.noise

    def _running(self) -> _Running | None:
        task = self._starting
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        running = task.result()
        return running if running.process.returncode is None else None

    async def _start(self) -> _Running:
        if missing := missing_part(self._settings):
            raise ModelUnavailable(missing)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without the current folder on the module path, from which anything could be loaded.
            "-P",
            "-m",
            "parlez.providers.local.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            preexec_fn=leave_group,
        )
        tail = bytearray()
        noise = asyncio.create_task(_drain(process, tail))
        try:
            async with asyncio.timeout(self._settings.start_seconds):
                endpoint = await self._introduce(process)
        except (TimeoutError, ValueError, OSError) as reason:
            await _stop(process)
            await noise
            raise ModelUnavailable(_start_failure(reason, tail)) from reason
        except BaseException:
            await _stop(process)
            await noise
            raise
        return _Running(process, endpoint, noise)

    async def _introduce(self, process: asyncio.subprocess.Process) -> Endpoint:
        assert process.stdin is not None
        assert process.stdout is not None
        api_key = secrets.token_urlsafe(32)
        settings = {
            "name": self._model_name,
            "weights": os.fspath(find_weights(self._settings) or Path()),
            "slots": self._settings.slots,
            "context_tokens": self._settings.context_tokens,
            "threads": computing_threads(self._settings.threads),
            "idle_seconds": self._settings.idle_seconds,
            "api_key": api_key,
        }
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        await process.stdin.drain()
        port = json.loads(await process.stdout.readline())["port"]
        return Endpoint(f"http://127.0.0.1:{port}/v1", api_key)


def _environment() -> dict[str, str]:
    return child_environment(os.environ) | _BRIEF_SPIN


def _start_failure(reason: Exception, tail: bytearray) -> str:
    late = isinstance(reason, TimeoutError)
    what = "did not become ready in time" if late else "could not be started"
    lines = tail.decode(errors="replace").split("\n")[-_NOISE_LINES - 1 :]
    said = " / ".join(line.strip() for line in lines if line.strip())
    return f"The embedded model {what}." + (f" Its last words: {said}" if said else "")


async def _drain(process: asyncio.subprocess.Process, tail: bytearray) -> None:
    """Read what the child prints, which would block it otherwise, and keep the end of it."""
    assert process.stderr
    while noise := await process.stderr.read(_NOISE_BYTES):
        tail += noise
        del tail[:-_NOISE_BYTES]


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _look_at_failure(task: asyncio.Task[_Running]) -> None:
    """Take note of a failure that nobody waited for, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()
