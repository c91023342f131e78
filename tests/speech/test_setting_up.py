"""Which engines there are with which settings, and why others are not."""

from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from parlez.config import load
from parlez.core.errors import InvalidInput, ModelUnavailable, NotFound
from parlez.speech.local import weights
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.service import SpeechService
from parlez.speech.setting_up import SpeechVariables

ALL = {
    "OPENAI_API_KEY": "sk-1",
    "ELEVENLABS_API_KEY": "e",
    "GOOGLE_API_KEY": "g",
    "AZURE_SPEECH_KEY": "a",
    "AZURE_SPEECH_REGION": "westeurope",
}


def service(
    values: dict[str, str] | None = None, untrusted: frozenset[str] = frozenset(), **more: Any
) -> SpeechService:
    local = more.pop("local", LocalSpeech())
    return SpeechService(local, variables=SpeechVariables(values or {}, untrusted), **more)


def names(found: SpeechService) -> tuple[list[str], list[str]]:
    engines = found.engines
    hear = [each.about.name for each in engines.transcribers.usable]
    return hear, [each.about.name for each in engines.voices.usable]


def test_with_nothing_set_the_embedded_engines_are_alone() -> None:
    found = service()
    assert names(found) == (["local"], ["local"])
    reasons = {name: each.reason for name, each in found.engines.voices.missing.items()}
    assert reasons == {
        "openai": "Set OPENAI_API_KEY to use it.",
        "elevenlabs": "Set ELEVENLABS_API_KEY to use it.",
        "google": "Set GOOGLE_API_KEY to use it.",
        "azure": "Set AZURE_SPEECH_KEY and AZURE_SPEECH_REGION to use it.",
    }
    hears = found.engines.transcribers
    assert set(hears.missing) == {"openai", "google", "azure"}
    for known in ("whisper-1", "gpt-4o-transcribe"):
        assert hears.choose(None, known)[1] == "whisper-tiny.en"
    with pytest.raises(NotFound, match=r"whisper-tiny\.en"):
        hears.choose(None, "whisper-9")
    with pytest.raises(ModelUnavailable, match="Set OPENAI_API_KEY"):
        hears.choose("openai")
    with pytest.raises(InvalidInput, match="local, openai, google, azure"):
        hears.choose("nobody")
    with pytest.raises(InvalidInput, match="language"):
        hears.choose(None, None, "xx")


def test_vendors_with_keys_come_first() -> None:
    found = service(ALL)
    assert names(found) == (
        ["openai", "google", "azure", "local"],
        ["openai", "elevenlabs", "google", "azure", "local"],
    )
    assert not found.engines.voices.missing
    engine, model = found.engines.transcribers.choose(None)
    assert (engine.about.name, model) == ("openai", "whisper-1")
    assert engine.about.prices["whisper-1"] * 60_000 == 6_000
    assert found.engines.voices.choose(None, "tts-1-hd")[0].about.name == "openai"
    assert found.engines.voices.choose("azure")[1] == "neural"


def test_the_default_may_be_another() -> None:
    found = service(ALL, transcriber="local", voice="elevenlabs")
    hear, speak = names(found)
    assert (hear[0], speak[0]) == ("local", "elevenlabs")
    # English alone is what the embedded one hears.
    assert found.engines.transcribers.choose(None, None, "es")[0].about.name == "openai"
    with pytest.raises(InvalidInput, match=r"PARLEZ_VOICE cannot be used.*ELEVENLABS_API_KEY"):
        service(voice="elevenlabs")
    with pytest.raises(InvalidInput, match="PARLEZ_TRANSCRIBER"):
        service(transcriber="nobody")


def test_another_server_that_speaks_openais_api() -> None:
    own = {
        "OPENAI_AUDIO_BASE_URL": "http://127.0.0.1:9000/v1",
        "OPENAI_AUDIO_TRANSCRIBE_MODEL": "large-v3",
        "OPENAI_AUDIO_SPEECH_MODEL": "kokoro",
        "OPENAI_AUDIO_VOICE": "af_bella",
    }
    engines = service(own).engines
    hears, speaks = engines.transcribers.usable[0].about, engines.voices.usable[0].about
    assert (hears.name, hears.models[0], dict(hears.prices)) == ("openai", "large-v3", {})
    assert (speaks.models[0], speaks.voices[0].id, dict(speaks.prices)) == (
        "kokoro",
        "af_bella",
        {},
    )


def test_a_server_for_chat_is_not_asked_to_speak() -> None:
    other = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}
    found = service(other)
    assert names(found) == (["local"], ["local"])
    assert "OPENAI_AUDIO_BASE_URL" in found.engines.voices.missing["openai"].reason
    itself = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://api.openai.com/v1/"}
    assert names(service(itself))[0][0] == "openai"


def test_an_address_that_came_with_the_folder_gets_no_key_that_did_not() -> None:
    values = {"OPENAI_API_KEY": "sk-1", "OPENAI_AUDIO_BASE_URL": "http://evil.example/v1"}
    address = frozenset({"OPENAI_AUDIO_BASE_URL"})
    mixed = service(values, address)
    assert names(mixed) == (["local"], ["local"])
    assert "from .env" in mixed.engines.voices.missing["openai"].reason
    assert names(service(values, frozenset(values)))[0][0] == "openai"


def test_a_region_is_no_address() -> None:
    values = {"AZURE_SPEECH_KEY": "a", "AZURE_SPEECH_REGION": "evil.example/x?"}
    assert "no name of a region" in service(values).engines.voices.missing["azure"].reason


def test_where_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        absent = ("faster_whisper", "piper")
        return None if name in absent else util.find_spec(name, package)

    monkeypatch.setattr(weights, "find_spec", find)
    found = service()
    assert names(found) == ([], [])
    assert "pip install 'parlez[speech]'" in found.engines.transcribers.missing["local"].reason
    with pytest.raises(ModelUnavailable, match=r"parlez\[speech\]"):
        found.engines.voices.choose(None)


def test_where_weights_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    elsewhere = service(local=LocalSpeech(whisper=tmp_path, piper=tmp_path / "x.onnx"))
    for missing in (elsewhere.engines.transcribers.missing, elsewhere.engines.voices.missing):
        assert "not where the settings say" in missing["local"].reason
    monkeypatch.setattr(weights, "WHISPER_PACKAGE", "no_such_package")
    monkeypatch.setattr(weights, "PIPER_PACKAGE", "no_such_package")
    nowhere = service()
    for missing in (nowhere.engines.transcribers.missing, nowhere.engines.voices.missing):
        assert "parlez models install" in missing["local"].reason


def test_where_only_what_tells_of_the_voice_is_there(tmp_path: Path) -> None:
    (tmp_path / "x.onnx.json").write_text('{"espeak": {"voice": "de"}}')
    voices = service(local=LocalSpeech(piper=tmp_path / "x.onnx")).engines.voices
    assert "not where the settings say" in voices.missing["local"].reason


@pytest.mark.parametrize("told", ["{", "{}", "[]", '{"espeak": null}', "\0", ""])
def test_where_what_tells_of_the_weights_is_damaged(told: str, tmp_path: Path) -> None:
    for name, text in (("model.bin", ""), ("x.onnx", ""), ("x.onnx.json", told)):
        (tmp_path / name).write_text(text)
    engines = service(local=LocalSpeech(whisper=tmp_path, piper=tmp_path / "x.onnx")).engines
    assert "x.onnx.json is damaged" in engines.voices.missing["local"].reason
    assert "its vocabulary cannot be read" in engines.transcribers.missing["local"].reason


def test_weights_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "whisper-small").mkdir()
    (tmp_path / "whisper-small" / "model.bin").touch()
    (tmp_path / "whisper-small" / "vocabulary.txt").write_text("word\n" * 51_865)
    (tmp_path / "de_DE-thorsten-high.onnx").touch()
    config = '{"espeak": {"voice": "de"}, "language": {"code": "de_DE"}}'
    (tmp_path / "de_DE-thorsten-high.onnx.json").write_text(config)
    local = LocalSpeech(
        whisper=tmp_path / "whisper-small", piper=tmp_path / "de_DE-thorsten-high.onnx"
    )
    engines = service(local=local).engines
    hears, speaks = engines.transcribers.usable[0].about, engines.voices.usable[0].about
    assert hears.models == ("whisper-small",)
    assert hears.languages is not None
    assert {"de", "en", "zh"} <= hears.languages
    [voice] = speaks.voices
    assert (voice.id, voice.language) == ("thorsten", "de-DE")
    assert speaks.languages == frozenset({"de"})


def test_keys_show_in_no_representation() -> None:
    assert "sk-1" not in repr(SpeechVariables(ALL))


def test_settings_reach_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from parlez.bootstrap import speech_service

    dotenv = tmp_path / ".env"
    dotenv.write_text("OPENAI_AUDIO_BASE_URL=http://evil.example/v1\nGOOGLE_API_KEY=g\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("PARLEZ_TRANSCRIBER", "google")
    found = speech_service(load(dotenv, data_dir=tmp_path))
    assert names(found) == (["google", "local"], ["google", "local"])
    assert "from .env" in found.engines.voices.missing["openai"].reason
