"""Reading files of sound, each in a process of its own, behind `core.ports.sound_files`."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from parlez.core.errors import InvalidInput, ModelOverloaded, TooLarge, UnsupportedMedia
from parlez.core.ports.sound_files import Raw, RawForm
from parlez.core.sound import HEARING_RATE, SAMPLE_BYTES, Sound
from parlez.speech.files import child
from parlez.speech.files.cut_off import is_whole
from parlez.speech.files.kinds import BROKEN, CUT_OFF, EMPTY, NO_SOUND, TOO_LONG, Kind, kind_of
from parlez.speech.files.wav import plain_wav

MOST_WAITING = 64

_RETRY_SECONDS = 2.0
_DEMUXERS = {RawForm.PCM16: "s16le", RawForm.MULAW: "mulaw", RawForm.ALAW: "alaw"}
_RAW_BYTES = {RawForm.PCM16: 2, RawForm.MULAW: 1, RawForm.ALAW: 1}


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What reading one file may take, and how many are read `at_once`."""

    bytes: int = 25 * 1024 * 1024
    sound_seconds: float = 600.0
    seconds: float = 30.0
    at_once: int = 2


DEFAULT_LIMITS = FileLimits()


class ProcessReader:
    def __init__(self, limits: FileLimits = DEFAULT_LIMITS):
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.at_once)
        self._waiting = 0

    async def read(self, file: BinaryIO, name: str, raw: Raw | None = None) -> Sound:
        if self._waiting >= MOST_WAITING:
            raise ModelOverloaded(
                "Too many files of sound are being read. Try again.", retry_after=_RETRY_SECONDS
            )
        self._waiting += 1
        try:
            async with self._slots:
                data = await asyncio.to_thread(file.read, self._limits.bytes + 1)
                sound = await self._read(data, name, raw)
        finally:
            self._waiting -= 1
        if sound.seconds > self._limits.sound_seconds:
            raise self._too_long()
        return sound

    async def _read(self, data: bytes, name: str, raw: Raw | None) -> Sound:
        if len(data) > self._limits.bytes:
            raise TooLarge(
                f"The file has more than the {self._limits.bytes:,} bytes that are heard."
            )
        if raw is not None:
            return await self._read_raw(data, raw)
        kind = kind_of(data, name)
        if kind is Kind.WAV and (sound := plain_wav(data)) is not None:
            if not sound.pcm:
                raise _unreadable(EMPTY)
            return sound
        return await self._convert(
            data, {"demuxer": kind.value.demuxer, "options": {}, "whole": is_whole(data, kind)}
        )

    async def _read_raw(self, data: bytes, raw: Raw) -> Sound:
        size = _RAW_BYTES[raw.form] * raw.channels
        data = data[: len(data) // size * size]
        if not data:
            raise _unreadable(EMPTY)
        if raw == Raw(RawForm.PCM16, HEARING_RATE, 1):
            return Sound(data, HEARING_RATE)
        layout = f"{raw.channels}c" if raw.channels > 2 else ("mono", "stereo")[raw.channels - 1]
        options = {"sample_rate": str(raw.rate), "ch_layout": layout}
        return await self._convert(
            data, {"demuxer": _DEMUXERS[raw.form], "options": options, "whole": True}
        )

    async def _convert(self, data: bytes, task: dict[str, Any]) -> Sound:
        process = await child.start("parlez.speech.files.decoder")
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._talk(process, data, task)
        except TimeoutError:
            raise InvalidInput("The file takes too long to read.", code=BROKEN) from None
        finally:
            await child.end(process)

    async def _talk(self, process: Process, data: bytes, task: dict[str, Any]) -> Sound:
        assert process.stdin is not None
        assert process.stdout is not None
        limits = {
            "longest_seconds": self._limits.sound_seconds,
            "memory_bytes": child.MEMORY_BYTES,
            "seconds": int(self._limits.seconds) + 1,
        }
        with suppress(ConnectionError):
            process.stdin.write(json.dumps({**task, **limits}).encode() + b"\n" + data)
            await process.stdin.drain()
            process.stdin.close()
        try:
            head = json.loads(await process.stdout.readline())
            if "code" in head:
                raise self._refusal(head["code"])
            pcm = await process.stdout.readexactly(head["samples"] * SAMPLE_BYTES)
        except (json.JSONDecodeError, asyncio.IncompleteReadError):
            status = await process.wait()
            if status == -signal.SIGXCPU:
                raise TimeoutError from None
            raise _unreadable(BROKEN) from None
        return Sound(pcm, HEARING_RATE)

    def _refusal(self, code: str) -> InvalidInput:
        return self._too_long() if code == TOO_LONG else _unreadable(code)

    def _too_long(self) -> TooLarge:
        return TooLarge(
            f"The sound is longer than the {self._limits.sound_seconds:g} seconds that are heard.",
            code=TOO_LONG,
        )


def _unreadable(code: str) -> InvalidInput:
    if code == NO_SOUND:
        return UnsupportedMedia("The file holds no sound.", code=code)
    messages = {
        EMPTY: "The file holds no sound: it is empty.",
        CUT_OFF: "The file is cut off: it holds less than it says.",
    }
    return InvalidInput(messages.get(code, "The file is damaged."), code=code)
