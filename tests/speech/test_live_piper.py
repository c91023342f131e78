"""A voice of Piper's, heard while it speaks."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from piper import PiperVoice, SynthesisConfig

from parlez.speech.local import live_piper
from parlez.speech.local.live_piper import LivePiper
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.weights import piper_weights

pytestmark = pytest.mark.e2e

SAID = "The train to the airport leaves from platform four every hour, and at night every two."


def steady(folder: Path, **more: object) -> Path:
    """The embedded voice, without the chance by which it never says the same twice."""
    whole = piper_weights(LocalSpeech())
    assert whole
    told = _told_of(whole) | more
    told["inference"] |= {"noise_scale": 0.0, "noise_w": 0.0}
    same = folder / "steady.onnx"
    same.symlink_to(whole)
    same.with_name("steady.onnx.json").write_text(json.dumps(told))
    return same


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return steady(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def by_piper(weights: Path) -> np.ndarray:
    raw = SynthesisConfig(normalize_audio=False)
    [sentence] = PiperVoice.load(weights).synthesize(SAID, raw)
    return sentence.audio_float_array


def alike(pieces: list[bytes], by_piper: np.ndarray) -> None:
    sound = np.frombuffer(b"".join(pieces), "<i2") / 32_767
    assert len(sound) == len(by_piper)
    louder = float(sound @ by_piper / (by_piper @ by_piper))
    assert np.abs(sound - by_piper * louder).max() < 1e-4
    assert 0.5 < np.abs(sound).max() < 1.0, "loud, and not cut off"


def test_its_pieces_are_what_piper_says(weights: Path, by_piper: np.ndarray):
    voice = LivePiper(weights, 2)
    pieces = list(voice.say(SAID, 1.0))
    assert len(pieces) > 2
    assert len(pieces[0]) / 2 / voice.rate < 0.6
    alike(pieces, by_piper)


def test_one_that_cannot_be_cut_speaks_as_well(
    weights: Path, by_piper: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_piper, "cut_model", lambda _: None)
    pieces = list(LivePiper(weights, 2).say(SAID, 1.0))
    assert len(pieces) == 1
    alike(pieces, by_piper)


def test_brackets_are_not_heard(weights: Path):
    voice = LivePiper(weights, 2)
    words, linked, open_ended = (
        b"".join(voice.say(text, 1.0))
        for text in ("See Main Page.", "See [[[Main Page]]].", "[[See Main Page.")
    )
    assert words == linked == open_ended


def test_one_that_takes_letters_and_knows_no_digits_is_as_loud(weights: Path, tmp_path: Path):
    letters = {
        phoneme: ids
        for phoneme, ids in _told_of(weights)["phoneme_id_map"].items()
        if not phoneme.isdigit()
    }
    spelling = LivePiper(steady(tmp_path, phoneme_type="text", phoneme_id_map=letters), 2)
    [phonemes] = PiperVoice.load(weights).phonemize(SAID)
    spelled = spelling.say("".join(phonemes), 1.0)
    spoken = LivePiper(weights, 2).say(SAID, 1.0)
    assert 0.5 < _loudness(spelled) / _loudness(spoken) < 2.0


def _loudness(pieces: Iterable[bytes]) -> float:
    return float(np.frombuffer(b"".join(pieces), "<i2").astype(float).std())


def _told_of(voice: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(voice.with_name(voice.name + ".json").read_text())
    return told
