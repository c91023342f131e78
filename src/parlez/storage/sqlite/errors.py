"""SQLite's errors, as the domain names them."""

import sqlite3

from parlez.core.errors import StorageBusy, StorageError, StorageFull

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


def translate(error: sqlite3.Error) -> StorageError:
    """The domain's error for one of SQLite's; see https://sqlite.org/rescode.html."""
    # The low byte is the primary code, what stands above it says more.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StorageFull("The disk or the database is full. Free some space, then try again.")
    if code in _BUSY:
        return StorageBusy("Another program holds the database's lock. Try again in a moment.")
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return StorageError(
        f"The database refused ({name}). `parlez doctor` checks it.",
        code="storage_error",
    )
