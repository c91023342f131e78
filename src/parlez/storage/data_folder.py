"""The folder that one process owns: its lock, and how to reach the owner."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from parlez.core.errors import StorageError

PATIENCE = 0.5
"""Seconds for which a lock may be held by somebody who only looks whether it is."""


class InUse(StorageError):
    """Another process owns the data."""

    code = "in_use"
    retryable = False


@dataclass(frozen=True, slots=True)
class Owner:
    """A running server, as it tells the command line about itself."""

    pid: int
    url: str
    token: str = field(repr=False)


class DataFolder:
    """Made, private to its user, where it is missing. The database has a lock of its own, because
    another data folder may name it as well, and by another path."""

    def __init__(self, path: Path, database: Path):
        self.path = path
        self.database = database
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid == os.getuid():
            path.chmod(0o700)
        self._locks = [
            FileLock(path / "parlez.lock", timeout=PATIENCE),
            FileLock(f"{database.resolve()}.lock", timeout=PATIENCE),
        ]
        self._owner_file = path / "server.json"

    def acquire(self) -> None:
        """Own the data until `release`, or the end of the process however it comes. Raises
        `InUse`."""
        for lock in self._locks:
            try:
                lock.acquire()
            except Timeout:
                self.release()
                raise InUse(self._in_use()) from None
        self._owner_file.unlink(missing_ok=True)
        self.database.parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite makes it with the rights of the day.
        self.database.touch(mode=0o600)

    def release(self) -> None:
        for lock in self._locks:
            if lock.is_locked:
                lock.release()

    def announce(self, owner: Owner) -> None:
        """Tell the command line where the server is, in a file that only its user can read."""
        descriptor = os.open(self._owner_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(owner), file)

    def withdraw(self) -> None:
        self._owner_file.unlink(missing_ok=True)

    def owner(self) -> Owner | None:
        """The server that owns the data now, if one does and is up."""
        try:
            with self._locks[0].acquire(timeout=0):
                return None
        except Timeout:
            pass
        try:
            return Owner(**json.loads(self._owner_file.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def _in_use(self) -> str:
        owner = self.owner()
        where = f" (process {owner.pid}, at {owner.url})" if owner else ""
        return (
            f"Another Parlez{where} uses {self.path} or {self.database}. Stop it, or give this one "
            "another folder with --data-dir."
        )
