"""Speech in writing, through the door, with the embedded transcriber."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.support.people import account_with_voice, hash_quickly, key_of
from tests.support.server import Running, run_server
from tests.support.sounds import RECORDED, SAID, file_of, silence, tone, words_of
from tests.support.speaking import transcribe

from parlez.core.tiers import FREE
from parlez.speech.files.wav import wav_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parlez(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> AsyncIterator[Running]:
    data_dir = tmp_path_factory.mktemp("speech")
    shutil.copy(migrated, data_dir / "parlez.db")
    async with run_server(data_dir, max_audio_seconds=20, max_audio_bytes=700_000) as running:
        hash_quickly(running)
        yield running


async def usage(parlez: Running, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    answer = await parlez.call("GET", "/api/usage?by=kind", headers=headers)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["groups"]
    return [each for each in found if each["group"] == "transcription"]


async def test_what_was_said(parlez: Running) -> None:
    answer = await transcribe(
        parlez, RECORDED.read_bytes(), "said.ogg", provider="local", language_code="en"
    )
    assert answer.status == 200, answer.body
    body = answer.body
    assert words_of(body["text"]) == words_of(SAID)
    assert body["detected_language"] == "en"
    assert 0.5 < body["confidence"] <= 1
    assert body["duration"] == pytest.approx(3.18, abs=0.1)
    assert (body["provider"], body["model"]) == ("local", "whisper-tiny.en")
    assert body["segments"][0]["start"] >= 0
    assert body["words"] == []


async def test_words_and_what_is_likely_to_come(parlez: Running) -> None:
    fields: dict[str, Any] = {"words": "true", "prompt": "boxes, station", "provider": ""}
    answer = await transcribe(parlez, RECORDED.read_bytes(), "blob", **fields)
    assert answer.status == 200, answer.body
    assert len(answer.body["words"]) == len(words_of(SAID))
    assert answer.body["words"][-1]["end"] < 4


async def test_silence_is_no_error(parlez: Running) -> None:
    answer = await transcribe(parlez, wav_of(silence(1.0)))
    assert (answer.status, answer.body["text"], answer.body["confidence"]) == (200, "", 0.0)


@pytest.mark.parametrize(
    ("make", "name", "fields", "status", "code"),
    [
        (bytes, "a.wav", {}, 400, "empty_audio"),
        (lambda: b"hello", "a.mp3", {}, 415, "mislabelled_audio"),
        (lambda: b"hello", "a.txt", {}, 415, "unknown_audio"),
        (lambda: wav_of(tone(1.0))[:20_000], "a.wav", {}, 400, "truncated_audio"),
        (lambda: b"OggS" + bytes(99), "a.ogg", {}, 400, None),
        (lambda: file_of(tone(21.0), "ogg"), "a.ogg", {}, 413, "audio_too_long"),
        (lambda: wav_of(tone(23.0)), "a.wav", {}, 413, "too_large"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"provider": "nobody"}, 400, "unknown_provider"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"provider": "a\0b"}, 400, "invalid_input"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"language_code": "xx"}, 400, "unknown_language"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"language_code": "; DROP"}, 400, "invalid_input"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"model": "nothing"}, 404, "model_not_found"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"words": "perhaps"}, 400, "invalid_input"),
        (lambda: wav_of(tone(0.1)), "a.wav", {"prompt": "x" * 1_001}, 400, "invalid_input"),
    ],
)
async def test_what_is_refused(
    parlez: Running,
    make: Callable[[], bytes],
    name: str,
    fields: dict[str, Any],
    status: int,
    code: str | None,
) -> None:
    answer = await transcribe(parlez, make(), name, **fields)
    assert answer.status == status, answer.body
    assert code is None or answer.body["error"]["code"] == code
    assert answer.body["error"]["message"]


async def test_what_is_no_form_with_one_file(parlez: Running) -> None:
    path = "/api/transcribe"
    assert (await parlez.call("POST", path, {"audio": "x"})).status == 415
    broken = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await parlez.call("POST", path, data=b"--b", headers=broken)).status == 400
    other = await transcribe(parlez, b"x", field="sound")
    assert (other.status, "'audio'" in other.body["error"]["message"]) == (400, True)
    assert (await transcribe(parlez, b"x", audio="again")).status == 400


async def test_it_is_counted_and_limited_with_all_other_calls(parlez: Running) -> None:
    made = await account_with_voice(parlez)
    headers = await key_of(parlez, made)
    second = wav_of(silence(1.0))
    assert (await transcribe(parlez, b"bad", headers=headers)).status == 415
    assert await usage(parlez, headers) == []
    assert (await transcribe(parlez, second, headers=headers)).status == 200
    [entry] = await usage(parlez, headers)
    assert (entry["calls"], entry["units"], entry["cost"]) == (1, 1_000, 0)
    answers = await asyncio.gather(
        *[transcribe(parlez, wav_of(silence(0.1)), headers=headers) for _ in range(61)]
    )
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 59 + [429] * 2
    refused = next(answer for answer in answers if answer.status == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    [entry] = await usage(parlez, headers)
    assert entry["calls"] == 60


async def test_the_lowest_tier_has_no_voice(parlez: Running) -> None:
    made = await parlez.services.accounts.create_nameless()
    headers = await key_of(parlez, made)
    answer = await transcribe(parlez, wav_of(silence(0.1)), headers=headers)
    assert answer.status == 403
    assert FREE in answer.body["error"]["message"]
    assert await usage(parlez, headers) == []


async def test_who_can_hear(parlez: Running) -> None:
    answer = await parlez.call("GET", "/api/speech/providers")
    assert answer.status == 200
    assert answer.body["providers"]["local"] == "Embedded Whisper"
    assert answer.body["languages"]["local"] == ["en"]
    assert answer.body["default"] == "local"
    assert answer.body["unavailable"].keys().isdisjoint(answer.body["providers"])


async def test_a_caller_who_goes_away_frees_the_engine(parlez: Running) -> None:
    leaving = asyncio.create_task(transcribe(parlez, RECORDED.read_bytes(), "said.ogg"))
    await asyncio.sleep(0.05)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert (await transcribe(parlez, wav_of(silence(0.2)))).status == 200
