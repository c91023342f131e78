"""Is the machine fit for Parlez?"""

import platform
import shutil
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from parlez.cli.finding import Finding, ok, warning, wrong
from parlez.config import Settings
from parlez.core.errors import InvalidInput, ParlezError

_OLDEST_PYTHON = (3, 11)
# The first with RETURNING.
_OLDEST_SQLITE = (3, 35, 0)
_LITTLE_BYTES = 1_000_000_000
_TOO_LITTLE_BYTES = 100_000_000
_CLOCK_SLACK = timedelta(minutes=5)
# See filesystems(5). Locks and the shared memory of SQLite's log do not hold across machines.
_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs")


def check_versions() -> Finding:
    told = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.version_info < _OLDEST_PYTHON or sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        return wrong("versions", told, "Parlez needs Python 3.11 and SQLite 3.35 at least.")
    return ok("versions", told)


def check_disk(place: Path) -> Finding:
    free = shutil.disk_usage(_existing(place)).free
    told = f"{free / 1e9:,.1f} GB free"
    if free < _TOO_LITTLE_BYTES:
        return wrong("disk", told, "Free some space: soon nothing can be stored.")
    if free < _LITTLE_BYTES:
        return warning("disk", told, "Free some space soon.")
    return ok("disk", told)


def check_file_system(place: Path, mounts: Path = Path("/proc/self/mounts")) -> Finding:
    """`mounts` is a list as in proc_pid_mounts(5); without one there is no telling."""
    kind = _file_system(_existing(place).resolve(), mounts)
    if kind and kind.startswith(_NETWORK):
        return warning(
            "file system",
            f"{place} is on a network ({kind})",
            "SQLite is only safe on a disk of the machine itself: move the data there.",
        )
    return ok("file system", kind or "unknown")


def check_clock(database: Path) -> Finding:
    now = datetime.now(UTC)
    told = now.isoformat(timespec="seconds")
    if database.exists():
        written = datetime.fromtimestamp(database.stat().st_mtime, UTC)
        if written > now + _CLOCK_SLACK:
            return wrong(
                "clock",
                f"{told}, but the database was written {written.isoformat(timespec='seconds')}",
                "Set the clock: times of messages and the ends of keys depend on it.",
            )
    return ok("clock", told)


def check_models(settings: Settings) -> Finding:
    from parlez.bootstrap import model_catalog

    try:
        return ok("model", f"{model_catalog(settings).resolve(None).name} answers by default")
    except ParlezError as error:
        return wrong("model", "none answers by default", error.message)


def check_speech(settings: Settings) -> Finding:
    """Nobody needs it, so that what is missing is no fault."""
    from parlez.bootstrap import speech_service

    try:
        engines = speech_service(settings).engines
        hears, _ = engines.transcribers.choose(None)
        speaks, _ = engines.voices.choose(None)
    except InvalidInput as error:
        return wrong("speech", "it is set up wrongly", error.message)
    except ParlezError as error:
        return warning("speech", "nobody hears and speaks", error.message)
    if find_spec("av") is None:
        return warning("speech", "files of sound cannot be read", "pip install 'parlez[speech]'")
    return ok("speech", f"{hears.about.title} hears, {speaks.about.title} speaks")


def _existing(place: Path) -> Path:
    return next(path for path in (place, *place.parents) if path.exists())


def _file_system(place: Path, mounts: Path) -> str | None:
    if not mounts.exists():
        return None
    found: dict[Path, str] = {}
    for line in mounts.read_text().splitlines():
        _, at, kind, *_ = line.split(" ")
        # Spaces are written as octal escapes. Of mounts at one place the last is what is seen.
        found[Path(at.replace("\\040", " "))] = kind
    return next((found[path] for path in (place, *place.parents) if path in found), None)
