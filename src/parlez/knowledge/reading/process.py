"""Reading files in a process of its own for each, behind `core.ports.reader`."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parlez.core.child_process import leave_group
from parlez.core.documents import (
    CANNOT_READ,
    TOO_MUCH_MEMORY,
    TOO_SLOW,
    Page,
    UnreadableFile,
)

_LONGEST_LINE = 64 * 1024 * 1024
"""A page has no bound of its own; what a file may hold has."""

_SWOLLEN = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV)
"""How a process ends that is refused the memory it asks for."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading one file may take."""

    seconds: float = 120
    memory_bytes: int = 2 * 1024**3
    pages: int = 5_000


DEFAULT_LIMITS = ReadingLimits()


class ProcessReader:
    def __init__(self, limits: ReadingLimits = DEFAULT_LIMITS):
        self._limits = limits

    async def read(self, file: Path, name: str) -> list[Page]:
        if find_spec("kreuzberg") is None:
            raise UnreadableFile(
                "What reads documents is not installed: pip install 'parlez[documents]'.",
                code=CANNOT_READ,
            )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "parlez.knowledge.reading.child",
            stdin=PIPE,
            stdout=PIPE,
            limit=_LONGEST_LINE,
            # No key of a vendor's has any business there.
            env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONWARNINGS": "ignore"},
            preexec_fn=leave_group,
        )
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._talk(process, file, name)
        except TimeoutError:
            raise self._too_slow() from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _talk(self, process: Process, file: Path, name: str) -> list[Page]:
        assert process.stdin is not None
        assert process.stdout is not None
        task = {
            "path": str(file),
            "name": name,
            "most_pages": self._limits.pages,
            "memory_bytes": self._limits.memory_bytes,
            "seconds": int(self._limits.seconds) + 1,
        }
        process.stdin.write(json.dumps(task).encode() + b"\n")
        pages: list[Page] = []
        async for line in process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "page" in told:
                pages.append(Page(*told["page"]))
            elif "code" in told:
                raise UnreadableFile(told["reason"], code=told["code"])
            else:
                return pages
        raise self._broken_down(await process.wait())

    def _broken_down(self, status: int) -> UnreadableFile:
        if status == -signal.SIGXCPU:
            return self._too_slow()
        if status in _SWOLLEN:
            return UnreadableFile("Reading the file takes too much memory.", code=TOO_MUCH_MEMORY)
        return UnreadableFile("The file makes its reader break down.", code=CANNOT_READ)

    def _too_slow(self) -> UnreadableFile:
        return UnreadableFile(
            f"Reading the file takes longer than the {self._limits.seconds:g} seconds it may.",
            code=TOO_SLOW,
        )
