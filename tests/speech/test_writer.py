"""Files of sound that are written while they are spoken."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest
import uvloop
from tests.support.processes import children
from tests.support.sounds import tone

from parlez.core.errors import ModelFailed
from parlez.core.ports.sound_files import SoundForm
from parlez.core.sound import Sound
from parlez.speech.files.reader import ProcessReader
from parlez.speech.files.writer import ProcessWriter

FIRST, SECOND = tone(2.0, 22_050), tone(1.0, 22_050, 440)


async def pieces(*sounds: Sound) -> AsyncIterator[Sound]:
    for sound in sounds:
        yield sound


@pytest.mark.parametrize("form", SoundForm)
async def test_what_is_spoken_is_sent_before_the_rest_is(form: SoundForm) -> None:
    heard = asyncio.Event()

    async def spoken() -> AsyncIterator[Sound]:
        yield FIRST
        await asyncio.wait_for(heard.wait(), 20)
        yield SECOND

    data = b""
    async with aclosing(ProcessWriter().write(spoken(), form, 24_000)) as chunks:
        async for chunk in chunks:
            data += chunk
            # More than the head of a file.
            if len(data) > 500:
                heard.set()
    if form is SoundForm.PCM:
        seconds = len(data) / 2 / 24_000
    else:
        seconds = (await ProcessReader().read(io.BytesIO(data), "")).seconds
    assert seconds == pytest.approx(3.0, abs=0.15)


async def test_nothing_is_no_file() -> None:
    assert [chunk async for chunk in ProcessWriter().write(pieces(), SoundForm.MP3)] == []


async def test_what_goes_wrong_while_speaking_is_told() -> None:
    async def spoken() -> AsyncIterator[Sound]:
        yield FIRST
        raise ModelFailed("it broke off")

    for form in (SoundForm.MP3, SoundForm.WAV):
        with pytest.raises(ModelFailed, match="it broke off"):
            async for _ in ProcessWriter().write(spoken(), form):
                pass


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_one_that_ends_too_early_is_told(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    others = children()

    async def spoken() -> AsyncIterator[Sound]:
        yield FIRST
        [process] = children() - others
        os.kill(process, signal.SIGKILL)
        for _ in range(20):
            await asyncio.sleep(0.01)
            yield SECOND

    async def write() -> None:
        async for _ in ProcessWriter().write(spoken(), SoundForm.MP3):
            pass

    with pytest.raises(ModelFailed, match="could not be written"):
        run(write())


@pytest.mark.parametrize("form", [SoundForm.FLAC, SoundForm.WAV])
async def test_leaving_ends_the_speaking(form: SoundForm) -> None:
    left = asyncio.Event()

    async def spoken() -> AsyncIterator[Sound]:
        try:
            while True:
                yield FIRST
                await asyncio.sleep(0.01)
        finally:
            left.set()

    async with aclosing(ProcessWriter().write(spoken(), form)) as chunks:
        assert await anext(chunks)
    assert left.is_set()
