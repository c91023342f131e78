"""Child processes, wherever they are started."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import children
from tests.support.sounds import tone

from parlez.core.ports.sound_files import SoundForm
from parlez.knowledge.reading.process import ProcessReader
from parlez.providers.local.process import LocalProcess
from parlez.providers.local.settings import LocalSettings
from parlez.speech.files.writer import ProcessWriter
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.worker import Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")

HERE = Path(__file__)


async def engine() -> None:
    worker = Worker(
        "tests.support.toy_engine", "Toy", LocalSpeech(), lambda _: None, lambda _: HERE
    )
    try:
        await worker.warm_up()
    finally:
        await worker.close()


async def model() -> None:
    process = LocalProcess(LocalSettings(), "smollm2-135m")
    try:
        await process.endpoint()
    finally:
        await process.close()


async def file() -> None:
    async def spoken() -> Any:
        yield tone(1.0, 22_050)

    async for _ in ProcessWriter().write(spoken(), SoundForm.MP3):
        pass


async def document() -> None:
    await ProcessReader().read(HERE, "a.md")


@pytest.mark.parametrize("start", [engine, model, file, document])
async def test_a_ctrl_c_never_reaches_it(start: Callable[[], Coroutine[Any, Any, None]]) -> None:
    others = children()
    using = asyncio.create_task(start())
    try:
        async with asyncio.timeout(20):
            while not (begun := children() - others):
                await asyncio.sleep(0)
        [child] = begun
        # It runs, and has had no time yet to do anything itself.
        assert os.getpgid(child) == child
    finally:
        using.cancel()
        await asyncio.wait([using])
