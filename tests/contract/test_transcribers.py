"""What holds of every transcriber: the embedded one, the vendors' and the scripted one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from tests.support.audio_vendor import audio_vendor
from tests.support.sounds import SAID, recorded, silence, words_of

from parlez.core.errors import InvalidInput
from parlez.core.ports.transcriber import Care, Hearing, Transcriber
from parlez.core.sound import Sound
from parlez.speech.azure.transcriber import AzureTranscriber
from parlez.speech.google.transcriber import GoogleTranscriber
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.transcriber import LocalTranscriber
from parlez.speech.openai.transcriber import OpenAITranscriber
from parlez.speech.vendor import Vendor
from parlez.testing.scripted_speech import ScriptedTranscriber

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local() -> AsyncIterator[LocalTranscriber]:
    made = LocalTranscriber(LocalSpeech())
    yield made
    await made.close()


@pytest.fixture(scope="module")
def speech() -> Sound:
    return recorded()


VENDORS: dict[str, Any] = {
    "openai": OpenAITranscriber,
    "google": GoogleTranscriber,
    "azure": AzureTranscriber,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vendors() -> AsyncIterator[dict[str, Transcriber]]:
    async with audio_vendor() as address, aiohttp.ClientSession() as session:
        yield {
            name: kind(Vendor(name, name, address, "key"), lambda: session)
            for name, kind in VENDORS.items()
        }


@pytest.fixture(params=[pytest.param("local", marks=pytest.mark.e2e), "scripted", *VENDORS])
def transcriber(
    request: pytest.FixtureRequest, local: LocalTranscriber, vendors: dict[str, Transcriber]
) -> Transcriber:
    if request.param == "local":
        return local
    scripted = ScriptedTranscriber(lambda sound: SAID if any(sound.pcm) else "")
    return vendors.get(request.param, scripted)


@pytest.mark.parametrize("care", Care)
async def test_what_was_said_comes_back(
    transcriber: Transcriber, speech: Sound, care: Care
) -> None:
    found = await transcriber.transcribe(speech, Hearing(care=care))
    assert words_of(found.text) == words_of(SAID)
    assert found.seconds == speech.seconds
    assert found.language == "en"
    assert found.confidence is not None
    assert 0.5 < found.confidence <= 1
    assert found.model in transcriber.about.models
    assert " ".join(segment.text for segment in found.segments) == found.text
    assert all(0 <= part.start <= part.end <= speech.seconds + 1 for part in found.segments)
    assert not found.words


async def test_words_where_they_are_asked_for(transcriber: Transcriber, speech: Sound) -> None:
    found = await transcriber.transcribe(speech, Hearing("en-GB", words=True))
    assert words_of(" ".join(word.text for word in found.words)) == words_of(SAID)
    starts = [word.start for word in found.words]
    assert starts == sorted(starts)


async def test_in_silence_nothing_was_said(transcriber: Transcriber) -> None:
    found = await transcriber.transcribe(silence(2.0))
    assert (found.text, found.segments, found.confidence) == ("", (), None)
    assert found.seconds == 2.0
    assert (await transcriber.transcribe(silence(0))).text == ""
    brisk = Hearing(care=Care.BRISK)
    assert (await transcriber.transcribe(silence(1.0), brisk)).text == ""


async def test_a_language_that_it_has_not(transcriber: Transcriber) -> None:
    if transcriber.about.languages is None:
        return
    with pytest.raises(InvalidInput):
        await transcriber.transcribe(silence(1), Hearing("xx"))


async def test_many_at_once_and_some_that_nobody_waits_for(
    transcriber: Transcriber, speech: Sound
) -> None:
    hearing = Hearing(care=Care.GLIMPSE)
    asked = [asyncio.create_task(transcriber.transcribe(speech, hearing)) for _ in range(4)]
    await asyncio.sleep(0)
    for task in asked[::2]:
        task.cancel()
    found = await asyncio.gather(*asked, return_exceptions=True)
    for place, each in enumerate(found):
        if place % 2:
            assert not isinstance(each, BaseException)
            assert len(words_of(each.text)) > 5
        else:
            assert isinstance(each, asyncio.CancelledError)


async def test_warming_up_may_be_repeated(transcriber: Transcriber) -> None:
    await transcriber.warm_up()
    await transcriber.warm_up()
