"""Audio, through OpenAI's own client, with the embedded engines.

Shapes after https://developers.openai.com/api/reference/resources/audio
"""

import asyncio
import io
import shutil
import wave
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from tests.support.server import Answer, Running, run_server
from tests.support.sounds import RECORDED, SAID, silence, words_of

from parlez.core.sound import Sound
from parlez.speech.files.reader import ProcessReader
from parlez.speech.files.wav import wav_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.e2e]

SHORT = "It works."


@dataclass
class World:
    parlez: Running
    client: AsyncOpenAI


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> AsyncIterator[World]:
    data_dir = tmp_path_factory.mktemp("audio")
    shutil.copy(migrated, data_dir / "parlez.db")
    async with run_server(data_dir) as parlez:
        made = (await parlez.call("POST", "/api/keys", {"name": "test"})).body["key"]
        async with AsyncOpenAI(
            base_url=f"{parlez.url}/v1", api_key=made, max_retries=0, timeout=30
        ) as client:
            yield World(parlez, client)


async def hear(world: World, **options: Any) -> Any:
    return await world.client.audio.transcriptions.create(
        **{"model": "whisper-1", "file": RECORDED, **options}
    )


async def test_a_transcription(world: World) -> None:
    found = await hear(world, language="en", prompt="boxes", temperature=0.2)
    assert words_of(found.text) == words_of(SAID)
    assert (found.usage.type, found.usage.seconds) == ("duration", 4)


async def test_a_transcription_with_times(world: World) -> None:
    found = await hear(
        world, response_format="verbose_json", timestamp_granularities=["segment", "word"]
    )
    assert found.language == "english"
    assert found.duration == pytest.approx(3.18, abs=0.1)
    assert words_of(" ".join(word.word for word in found.words)) == words_of(SAID)
    assert found.segments[0].start < found.segments[0].end
    assert -1 < found.segments[0].avg_logprob <= 0


async def test_transcriptions_as_text_and_subtitles(world: World) -> None:
    text = await hear(world, response_format="text", model="whisper-tiny.en")
    assert words_of(text) == words_of(SAID)
    srt = await hear(world, response_format="srt")
    assert srt.startswith("1\n00:00:0")
    assert ",000 --> " in srt or " --> 00:00:0" in srt
    vtt = await hear(world, response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    assert "." in vtt.splitlines()[2].partition(" ")[0]


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"stream": True}, "stream"),
        ({"include": ["logprobs"]}, "include[]"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"language": "xx"}, "language"),
        ({"temperature": 3.0}, "temperature"),
    ],
)
async def test_what_is_refused_by_name(world: World, options: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await hear(world, **options)
    assert caught.value.param == param


async def test_what_cannot_be_heard(world: World) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await hear(world, file=("a.wav", b""))
    assert caught.value.code == "empty_audio"
    with pytest.raises(openai.APIStatusError) as unsupported:
        await hear(world, file=("a.txt", b"hello"))
    assert unsupported.value.status_code == 415
    with pytest.raises(openai.NotFoundError) as unknown:
        await hear(world, model="whisper-9")
    assert unknown.value.code == "model_not_found"


async def say(world: World, text: str = SHORT, **options: Any) -> tuple[bytes, str]:
    answer = await world.client.audio.speech.create(
        **{"model": "tts-1", "voice": "alloy", "input": text, **options}
    )
    return answer.content, answer.response.headers["content-type"]


@pytest.mark.parametrize(
    ("form", "media_type", "start"),
    [
        ("mp3", "audio/mpeg", b"\xff"),
        ("opus", "audio/ogg", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
    ],
)
async def test_every_form_of_speech_plays(
    world: World, form: str, media_type: str, start: bytes
) -> None:
    data, told = await say(world, response_format=form)
    assert told == media_type
    assert data.startswith(start)
    assert 0.4 < (await ProcessReader().read(io.BytesIO(data), "")).seconds < 2.5


async def test_bare_samples_have_the_rate_that_clients_expect(world: World) -> None:
    data, _ = await say(world, response_format="pcm")
    again, _ = await say(world, response_format="wav")
    with wave.open(io.BytesIO(again)) as file:
        seconds = len(file.readframes(10**7)) / 2 / file.getframerate()
    assert len(data) / 2 / 24_000 == pytest.approx(seconds, rel=0.25)


async def test_what_is_spoken_is_heard_right(world: World) -> None:
    """All the way: Piper, an MP3, the door, PyAV, Whisper."""
    data, _ = await say(world, SAID)
    found = await hear(world, file=("said.mp3", data))
    assert words_of(found.text) == words_of(SAID)


async def test_speed(world: World) -> None:
    slow, _ = await say(world, SAID, speed=0.7, response_format="wav")
    fast, _ = await say(world, SAID, speed=1.8, response_format="wav")
    assert len(fast) < len(slow) * 0.7


async def test_the_first_of_it_comes_before_the_last_is_made(world: World) -> None:
    text = " ".join(f"This is the sentence with the number {n}." for n in range(6))
    async with world.client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=text, response_format="pcm"
    ) as answer:
        assert "content-length" not in answer.headers
        chunks = [len(chunk) async for chunk in answer.iter_bytes()]
    assert len(chunks) > 3
    assert sum(chunks) > 6 * 24_000


@pytest.mark.parametrize(
    ("options", "status", "param"),
    [
        ({"input": "x" * 4_097}, 400, "input"),
        ({"input": "  "}, 400, "input"),
        ({"input": "…"}, 400, "text"),
        ({"voice": "nobody"}, 400, "voice"),
        ({"speed": 9.0}, 400, "speed"),
        ({"response_format": "midi"}, 400, "response_format"),
        ({"stream_format": "sse"}, 400, "stream_format"),
        ({"model": "tts-9"}, 404, None),
    ],
)
async def test_what_cannot_be_said(
    world: World, options: dict[str, Any], status: int, param: str | None
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await say(world, **options)
    assert caught.value.status_code == status
    assert caught.value.param == param


async def test_speech_is_in_the_ledger_by_its_characters(world: World) -> None:
    before = await _spoken(world)
    await say(world, voice="joe", model="piper-en_US-joe-medium")
    after = await _spoken(world)
    assert (after[0] - before[0], after[1] - before[1]) == (1, len(SHORT))


async def test_speech_that_nobody_hears_to_its_end_is_in_the_ledger_too(world: World) -> None:
    before = await _spoken(world)
    text = "This is a sentence of a long text. " * 80
    async with world.client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=text, response_format="wav"
    ) as answer:
        async for _ in answer.iter_bytes(1_000):
            break
    async with asyncio.timeout(20):
        while (after := await _spoken(world)) == before:
            await asyncio.sleep(0.05)
    assert (after[0] - before[0], after[1] - before[1]) == (1, len(text))


async def _spoken(world: World) -> tuple[int, int]:
    groups = (await world.parlez.call("GET", "/api/usage?by=kind")).body["groups"]
    return next(((g["calls"], g["units"]) for g in groups if g["group"] == "speech"), (0, 0))


async def test_the_platforms_own_clients_hear_and_speak(world: World) -> None:
    said = await world.parlez.call("POST", "/api/voice/tts", {"text": SAID, "voice_id": "joe"})
    assert (said.status, said.body["format"]) == (200, "mp3")
    file = b64decode(said.body["audio"])
    heard = await world.parlez.call(
        "POST", "/api/voice/stt", {"audio": b64encode(file).decode(), "config": {}}
    )
    assert words_of(heard.body["text"]) == words_of(SAID)
    sound: Sound = await ProcessReader().read(io.BytesIO(file), "a.mp3")
    bare = {"encoding": "LINEAR16", "sample_rate": 16_000, "channels": 1, "language_code": "en-US"}
    for data in (sound.pcm, wav_of(sound)):
        body = {"audio": b64encode(data).decode(), "config": bare, "model": "whisper-tiny.en"}
        again = await world.parlez.call("POST", "/api/voice/stt", body)
        assert again.status == 200, again.body
        assert words_of(again.body["text"]) == words_of(SAID)


async def test_a_long_sound_in_json_is_larger_than_other_bodies(world: World) -> None:
    async def hear(data: bytes) -> Answer:
        body = f'{{"audio": "{b64encode(data).decode()}"}}'.encode()
        assert len(body) > world.parlez.server.settings.max_body_bytes
        headers = {"Content-Type": "application/json"}
        path = "/api/voice/stt"
        return await world.parlez.call("POST", path, data=io.BytesIO(body), headers=headers)

    answer = await hear(wav_of(silence(40.0)))
    assert (answer.status, answer.body["duration"]) == (200, 40.0)
    assert (await hear(bytes(26_214_402))).status == 413


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/voice/stt", {"audio": "***"}, 400),
        ("/api/voice/stt", {"audio": ""}, 400),
        ("/api/voice/stt", {}, 400),
        ("/api/voice/stt", {"audio": "AAAA", "config": {"sample_rate": 1}}, 400),
        ("/api/voice/stt", {"audio": "AAAA"}, 415),
        ("/api/voice/tts", {"text": ""}, 400),
        ("/api/voice/tts", {"text": "a\0b"}, 400),
        ("/api/voice/tts", {"text": "Hi", "voice_id": "nobody"}, 400),
        ("/api/voice/tts", {"text": "Hi", "language_code": "es"}, 400),
        ("/api/voice/tts", {"text": "Hi", "provider": "openai"}, 503),
        ("/api/voice/tts", {"text": "Hi", "format": "midi"}, 400),
    ],
)
async def test_what_the_platform_refuses(
    world: World, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await world.parlez.call("POST", path, body)
    assert answer.status == status, answer.body
    assert answer.body["error"]["message"]


async def test_what_there_is_to_hear_and_speak_with(world: World) -> None:
    call = world.parlez.call
    [model] = (await call("GET", "/api/voice/stt/models")).body["models"]
    assert (model["id"], model["provider"], model["default"]) == ("whisper-tiny.en", "local", True)
    [model] = (await call("GET", "/api/voice/tts/models")).body["models"]
    assert model["languages"] == ["en"]
    [voice] = (await call("GET", "/api/voice/voices?language_code=en-GB")).body["voices"]
    assert (voice["id"], voice["gender"], voice["language"]) == ("joe", "male", "en-US")
    assert (await call("GET", "/api/voice/voices?provider=openai")).body["voices"] == []
    assert (await call("GET", "/api/voice/voices?language_code=!")).status == 400
    providers = (await call("GET", "/api/speech/providers")).body
    assert providers["unavailable"]["openai"] == "Set OPENAI_API_KEY to use it."
    config = (await call("GET", "/api/websocket/config")).body
    assert config["tts"]["providers"] == {"local": "Embedded Piper"}
    assert set(config["tts"]["unavailable"]) == {"openai", "elevenlabs", "google", "azure"}
    assert config["stt"]["providers"] == {"local": "Embedded Whisper"}
    assert config["languages"] == [{"code": "en", "name": "English"}]
    assert config["defaults"]["tts_provider"] == "local"
    assert config["defaults"]["local_voice"] == "joe"
    assert config["defaults"]["openai_voice"] == "alloy"
    assert config["defaults"]["elevenlabs_voice"]
    assert config["defaults"]["language"] == "en"
