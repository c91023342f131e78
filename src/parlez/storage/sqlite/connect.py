"""Opening SQLite the way Parlez uses it."""

import sqlite3
from pathlib import Path

BUSY_MILLISECONDS = 5_000
"""How long a statement waits for a lock that another program holds."""

JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The write-ahead log is not meant to grow past this."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode: transactions are begun and ended in so many words."""
    uri = f"{path.absolute().as_uri()}{'?mode=ro' if read_only else ''}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        # An acknowledged message is on disk: every commit of the log is synced.
        connection.execute("PRAGMA synchronous = FULL")
        # Checkpoints are made off the request path, by `Checkpointer`. SQLite's own, which stalls
        # the commit that triggers it, is only the net beneath.
        page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA wal_autocheckpoint = {JOURNAL_LIMIT_BYTES // page_bytes}")
        connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_LIMIT_BYTES}")
    return connection
