"""How much disk an installation takes."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def installed_bytes(name: str, extra: str = "") -> int:
    """A package with all that it needs, as it lies in this environment, bytecode left out."""
    return sum(_files_bytes(each) for each in _needed(name, extra, set()))


def _needed(name: str, extra: str, seen: set[str]) -> set[str]:
    seen.add(name)
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        needed = requirement.name.lower().replace("_", "-")
        if needed not in seen:
            try:
                _needed(needed, "", seen)
            except PackageNotFoundError:
                continue
    return seen


def _files_bytes(name: str) -> int:
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0
    paths = (Path(str(file.locate())) for file in files if file.suffix != ".pyc")
    return sum(path.stat().st_size for path in paths if path.exists())
