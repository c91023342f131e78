"""Writing files of sound while they are spoken, behind `core.ports.sound_files`."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any

from parlez.core.errors import ModelFailed
from parlez.core.ports.sound_files import SoundForm
from parlez.core.sound import Sound
from parlez.speech.files import child
from parlez.speech.files.wav import wav_head

_PIECE_BYTES = 16_384
_LONGEST_SECONDS = 600
"""Of computing, for one file."""


class ProcessWriter:
    """WAV files and samples of the pieces' own rate need no process; all else has one for each
    file, which starts with its first piece."""

    async def write(
        self, pieces: AsyncIterable[Sound], form: SoundForm, rate: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        coming = aiter(pieces)
        try:
            async with aclosing(self._write(coming, form, rate)) as chunks:
                async for data in chunks:
                    yield data
        finally:
            # Whoever speaks is to stop now, and not once somebody tidies up.
            if close := getattr(coming, "aclose", None):
                await close()

    async def _write(
        self, coming: AsyncIterator[Sound], form: SoundForm, rate: int | None
    ) -> AsyncGenerator[bytes, None]:
        first = await anext(coming, None)
        if first is None:
            return
        wanted = rate or first.rate
        if form is SoundForm.WAV:
            yield wav_head(wanted)
        plain = form in (SoundForm.WAV, SoundForm.PCM)
        if plain and wanted == first.rate:
            yield first.pcm
            async for piece in coming:
                yield piece.pcm
            return
        task = {
            "form": SoundForm.PCM if plain else form,
            "rate": first.rate,
            "out_rate": wanted,
            "memory_bytes": child.MEMORY_BYTES,
            "seconds": _LONGEST_SECONDS,
        }
        async with aclosing(self._convert(task, first, coming)) as chunks:
            async for data in chunks:
                yield data

    async def _convert(
        self, task: Mapping[str, Any], first: Sound, coming: AsyncIterator[Sound]
    ) -> AsyncGenerator[bytes, None]:
        process = await child.start("parlez.speech.files.encoder")
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        feeding = asyncio.create_task(_feed(process, first, coming))
        try:
            while data := await process.stdout.read(_PIECE_BYTES):
                yield data
            await feeding
            if await process.wait() != 0:
                raise ModelFailed("The file of sound could not be written. Try again.")
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
            await child.end(process)


async def _feed(process: Process, first: Sound, coming: AsyncIterator[Sound]) -> None:
    assert process.stdin is not None
    try:
        with suppress(ConnectionError):
            process.stdin.write(first.pcm)
            await process.stdin.drain()
            async for piece in coming:
                # To write to what has ended is an error of another kind with uvloop.
                if process.stdin.is_closing():
                    return
                process.stdin.write(piece.pcm)
                await process.stdin.drain()
    finally:
        # Without more the file ends; an error is raised to whoever waits for it.
        process.stdin.close()
