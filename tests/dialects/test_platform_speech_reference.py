"""The speech section of the platform's reference document, with every vendor that it names."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.audio_vendor import audio_vendor
from tests.support.reference import FOLDER, Call, calls, has_shape, shape_of
from tests.support.server import Running, run_server
from tests.support.sounds import RECORDED, SAID
from tests.support.speaking import transcribe

OURS = ("/api/speech", "/api/transcribe", "/api/websocket")

HEARERS = {
    "openai": "OpenAI Whisper",
    "google": "Google Speech-to-Text",
    "azure": "Azure Speech Services",
}
SPEAKERS = {
    "openai": "OpenAI TTS",
    "elevenlabs": "ElevenLabs",
    "google": "Google Text-to-Speech",
    "azure": "Azure Speech Services",
}

EXAMPLES = {
    "GET /api/speech/providers": Call(None, {"providers": dict.fromkeys(HEARERS, str)}),
    "POST /api/transcribe": Call(
        None, {"text": str, "detected_language": str, "confidence": float}
    ),
    "GET /api/websocket/config": Call(
        None,
        {
            "websocket": {"url": str, "port": float},
            "tts": {
                "providers": dict.fromkeys(SPEAKERS, str),
                "voices": [{"provider": str, "id": str, "name": str, "gender": str}],
            },
            "stt": {"providers": dict.fromkeys(HEARERS, str)},
            "languages": [{"code": str, "name": str}],
            "defaults": {
                "tts_provider": str,
                "openai_voice": str,
                "elevenlabs_voice": str,
                "language": str,
            },
        },
    ),
}


@pytest.fixture
async def parlez(data_dir: Path) -> AsyncIterator[Running]:
    async with (
        audio_vendor() as address,
        run_server(
            data_dir,
            openai_audio_base_url=address,
            openai_api_key="sk-test",
            elevenlabs_api_key="e",
            google_api_key="g",
            azure_speech_key="a",
            azure_speech_region="westeurope",
        ) as running,
    ):
        yield running


def test_these_are_the_documents_examples() -> None:
    document = FOLDER / "zeebee-platform-api.md"
    if not document.exists():
        pytest.skip("the reference documents do not lie beside this checkout")
    told = {
        name: Call(call.body, shape_of(call.answer))
        for name, call in calls(document.read_text()).items()
        if name.split(" ")[1].startswith(OURS)
    }
    assert told == EXAMPLES


async def test_who_can_hear(parlez: Running) -> None:
    answer = await parlez.call("GET", "/api/speech/providers")
    assert answer.status == 200
    assert {**answer.body["providers"], **HEARERS} == answer.body["providers"]
    assert has_shape(answer.body, EXAMPLES["GET /api/speech/providers"].answer)


async def test_the_transcription(parlez: Running) -> None:
    asked: list[dict[str, Any]] = [{"provider": "openai", "language_code": "en"}, {}]
    for fields in asked:
        answer = await transcribe(parlez, RECORDED.read_bytes(), "said.ogg", **fields)
        assert answer.status == 200, answer.body
        assert has_shape(answer.body, EXAMPLES["POST /api/transcribe"].answer)
        assert (answer.body["text"], answer.body["detected_language"]) == (SAID, "en")
        assert (answer.body["provider"], answer.body["model"]) == ("openai", "whisper-1")


async def test_the_configuration(parlez: Running) -> None:
    answer = await parlez.call("GET", "/api/websocket/config")
    assert answer.status == 200
    body, wanted = answer.body, EXAMPLES["GET /api/websocket/config"].answer
    assert {**body["tts"]["providers"], **SPEAKERS} == body["tts"]["providers"]
    assert {**body["stt"]["providers"], **HEARERS} == body["stt"]["providers"]
    for name in ("stt", "languages", "defaults"):
        assert has_shape(body[name], wanted[name]), name
    [row] = wanted["tts"]["voices"]
    shown = [each for each in body["tts"]["voices"] if each["provider"] == "openai"]
    assert {"provider": "openai", "id": "alloy", "name": "Alloy", "gender": "neutral"}.items() <= (
        shown[0].items()
    )
    assert all(has_shape(each, row) for each in shown)
    assert {"code": "es", "name": "Spanish"} in body["languages"]
    assert body["defaults"]["tts_provider"] == "openai"
    assert body["defaults"]["openai_voice"] == "alloy"
    assert body["defaults"]["elevenlabs_voice"] == "kgG7dCoKCfLehAPWkJOE"
    assert body["defaults"]["language"] == "en"


async def test_a_vendor_that_fails_says_so_without_its_words(data_dir: Path) -> None:
    async with run_server(
        data_dir, openai_audio_base_url="http://127.0.0.1:9", openai_api_key="sk-test"
    ) as parlez:
        answer = await transcribe(parlez, RECORDED.read_bytes(), "said.ogg")
        assert answer.status == 503
        assert answer.body["error"]["code"] == "model_unreachable"
        said = await parlez.call(
            "POST", "/v1/audio/speech", {"model": "tts-1", "voice": "alloy", "input": "Hi"}
        )
        assert said.status == 503
        assert said.body["error"]["code"] == "model_unreachable"
        usage = (await parlez.call("GET", "/api/usage?by=kind")).body["groups"]
        assert usage == [], "what failed costs nothing"
