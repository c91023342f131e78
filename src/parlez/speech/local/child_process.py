"""A process of an engine that runs, and the tasks that it has."""

import asyncio
import contextlib
from asyncio.subprocess import Process
from typing import Any

from parlez.core.errors import ModelError, ModelFailed
from parlez.speech.local.frames import Frame, pack, receive

_NOISE_BYTES = 2_000
_NOISE_LINES = 5
_GRACE_SECONDS = 2.0

Answer = asyncio.Queue[Frame | ModelError | None]
"""The parts of what comes of a task; None or an error is the last."""


class ChildProcess:
    """`title` is what the engine is called in errors."""

    def __init__(self, process: Process, title: str):
        self._process = process
        self._title = title
        self._answers: dict[int, Answer] = {}
        self._numbers = 0
        self._writing = asyncio.Lock()
        self._tail = bytearray()
        self._noise = asyncio.create_task(self._drain())
        self._reading: asyncio.Task[None] | None = None
        self._ending = False
        self._mute = asyncio.Event()
        self._stirred_at = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it can be given tasks."""
        return self._process.returncode is None and not self._ending

    @property
    def last_words(self) -> str:
        """What it printed last."""
        lines = self._tail.decode(errors="replace").split("\n")[-_NOISE_LINES - 1 :]
        return " / ".join(line.strip() for line in lines if line.strip())

    async def introduce(self, settings: dict[str, Any]) -> None:
        """Tell it how it is set up, and wait until it is ready. Raises `ModelFailed`."""
        await self._write(pack(settings))
        assert self._process.stdout is not None
        if await receive(self._process.stdout) is None:
            await self._noise
            raise ModelFailed(self.last_words)
        self._reading = asyncio.create_task(self._read())

    async def mind(self, idle_seconds: float, silent_seconds: float) -> None:
        """Wait for its end; bring it about if it has had nothing to do, or has said nothing while
        it had, for so long, or can say nothing any more."""
        self._stir()
        while self.runs:
            limit = silent_seconds if self._answers else idle_seconds
            left = self._stirred_at + limit - asyncio.get_running_loop().time()
            if left <= 0:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._mute.wait(), min(left, silent_seconds))
        await self.stop()

    async def begin(self, task: dict[str, Any], payload: bytes) -> tuple[int, Answer]:
        """Give it a task. What comes of that comes into the queue."""
        self._numbers += 1
        number = self._numbers
        if not self._answers:
            self._stir()
        answer = self._answers[number] = Answer()
        await self._write(pack({**task, "task": number}, payload))
        return number, answer

    async def forget(self, number: int) -> None:
        """Nobody waits for a task any more."""
        if self._answers.pop(number, None) is not None:
            self._stir()
            await self._write(pack({"drop": number}))

    async def stop(self) -> None:
        """End it. Whoever waits for a task hears of it."""
        self._ending = True
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
            try:
                async with asyncio.timeout(_GRACE_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._noise
        if self._reading:
            await self._reading

    async def _write(self, frame: bytes) -> None:
        assert self._process.stdin is not None
        async with self._writing:
            # One that has died is noticed where its answers are read. To write to it is an error of
            # another kind with uvloop.
            if self._process.stdin.is_closing():
                return
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(frame)
                await self._process.stdin.drain()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while frame := await receive(self._process.stdout):
            self._stir()
            head, _ = frame
            answer = self._answers.get(head["task"])
            if answer is None:
                continue
            if "end" in head:
                self._end(head["task"], None)
            elif "broken" in head:
                self._end(head["task"], ModelFailed(f"{self._title} could not do that."))
            else:
                answer.put_nowait(frame)
        # It may live on, and be of no use.
        self._ending = True
        self._mute.set()
        for number in list(self._answers):
            stopped = ModelFailed(f"{self._title} stopped while it was asked. Try again.")
            self._end(number, stopped)

    def _end(self, number: int, last: ModelError | None) -> None:
        self._answers.pop(number).put_nowait(last)

    def _stir(self) -> None:
        self._stirred_at = asyncio.get_running_loop().time()

    async def _drain(self) -> None:
        """Read what it prints, which would block it otherwise, and keep the end of it."""
        assert self._process.stderr
        while noise := await self._process.stderr.read(_NOISE_BYTES):
            self._tail += noise
            del self._tail[:-_NOISE_BYTES]
