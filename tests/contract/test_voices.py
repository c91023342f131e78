"""What holds of every voice: the embedded one, the vendors' and the scripted one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from tests.support.audio_vendor import audio_vendor
from tests.support.sounds import SAID, joined

from parlez.core.errors import InvalidInput
from parlez.core.ports.voice import Speaking, Voice
from parlez.speech.azure.voice import AzureVoice
from parlez.speech.elevenlabs.voice import ElevenLabsVoice
from parlez.speech.google.voice import GoogleVoice
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.voice import LocalVoice
from parlez.speech.openai.voice import OpenAIVoice
from parlez.speech.vendor import Vendor
from parlez.testing.scripted_speech import ScriptedVoice

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local() -> AsyncIterator[LocalVoice]:
    made = LocalVoice(LocalSpeech())
    yield made
    await made.close()


VENDORS: dict[str, Any] = {
    "openai": OpenAIVoice,
    "elevenlabs": ElevenLabsVoice,
    "google": GoogleVoice,
    "azure": AzureVoice,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vendors() -> AsyncIterator[dict[str, Voice]]:
    async with audio_vendor() as address, aiohttp.ClientSession() as session:
        yield {
            name: kind(Vendor(name, name, address, "key"), lambda: session)
            for name, kind in VENDORS.items()
        }


@pytest.fixture(params=[pytest.param("local", marks=pytest.mark.e2e), "scripted", *VENDORS])
def voice(request: pytest.FixtureRequest, local: LocalVoice, vendors: dict[str, Voice]) -> Voice:
    if request.param == "local":
        return local
    return vendors.get(request.param, ScriptedVoice())


async def test_it_comes_sentence_by_sentence(voice: Voice) -> None:
    pieces = [piece async for piece in voice.speak("This is one. And this is another, longer one.")]
    # Of a vendor's stream the pieces are as the network cuts them.
    assert len(pieces) >= (2 if voice.about.name in ("local", "scripted", "google") else 1)
    assert len({piece.rate for piece in pieces}) == 1
    for piece in pieces:
        assert len(piece.pcm) % 2 == 0
        assert 0 < piece.seconds < 10
        assert max(piece.pcm) > 0


async def test_faster_is_shorter(voice: Voice) -> None:
    usual = await joined(voice.speak(SAID))
    fast = await joined(voice.speak(SAID, Speaking(speed=2.0)))
    # ElevenLabs goes no faster than 1.2.
    assert 0.3 < fast.seconds / usual.seconds < 0.9


async def test_where_there_is_no_word_nothing_is_said(voice: Voice) -> None:
    for text in ("…", " \n", "\U0001f600", "", "-- ?"):
        assert [piece async for piece in voice.speak(text)] == []


async def test_strange_texts_are_said_somehow(voice: Voice) -> None:
    for text in (
        "A\x00B",
        "<b>One & two</b>",
        "*Bold* `x` http://x.example/?a=b",
        "é漢字",
        "\ud800a",
    ):
        assert (await joined(voice.speak(text))).seconds > 0.1


async def test_a_sentence_without_an_end_comes_in_pieces(voice: Voice) -> None:
    if isinstance(voice, ScriptedVoice):
        return
    async with aclosing(voice.speak("word " * 800)) as pieces:
        assert (await anext(pieces)).seconds < 40


async def test_voices_and_languages_that_it_has_and_has_not(voice: Voice) -> None:
    row = voice.about.voices[0]
    asked = Speaking(row.id, voice.about.models[0], "en-US")
    assert (await joined(voice.speak("Yes.", asked))).seconds > 0.1
    unknown = [] if voice.about.any_voice else [Speaking(voice="nobody")]
    if voice.about.languages is not None:
        unknown.append(Speaking(language="xx"))
    for wrong in unknown:
        with pytest.raises(InvalidInput):
            await joined(voice.speak("Yes.", wrong))


async def test_many_at_once_and_some_that_are_left(voice: Voice) -> None:
    async def beginning() -> float:
        async with aclosing(voice.speak("One is here. " * 20)) as pieces:
            return (await anext(pieces)).seconds

    async def whole() -> float:
        return (await joined(voice.speak("It is said in full. So is this."))).seconds

    found = await asyncio.gather(*[beginning() if n % 2 else whole() for n in range(6)])
    assert min(found) > 0


async def test_warming_up_may_be_repeated(voice: Voice) -> None:
    await voice.warm_up()
    await voice.warm_up()
