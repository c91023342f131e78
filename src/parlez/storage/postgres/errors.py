"""PostgreSQL's errors, as the domain names them.

Its own messages are never repeated: they quote what was stored, and a URL that was misread.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import re

import psycopg
from psycopg import errors

from parlez.core.errors import StorageBusy, StorageError, StorageFull

# Of two that add the same row the second will find it there.
_MET_ANOTHER = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
_CONTENDED = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
)
_AWAY = (
    errors.TooManyConnections,
    errors.CannotConnectNow,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.IdleInTransactionSessionTimeout,
)
_REFUSALS: dict[type[psycopg.Error], str] = {
    errors.InsufficientPrivilege: "the user may not do that",
    errors.ReadOnlySqlTransaction: "it is read-only",
}

# An attempt to connect that failed has no code, only words.
_UNREACHED = {
    "authentication failed": "it refuses the user or the password",
    "no password supplied": "it wants a password",
    "no pg_hba.conf entry": "it does not let that user in from here",
    'role ".*" does not exist': "there is no such user",
    'database ".*" does not exist': "there is no such database",
    "too many clients|connection slots": "it has too many connections",
    "starting up|shutting down": "it is starting or stopping",
    "SSL": "they do not agree on SSL",
    "could not translate host name": "there is no such host",
    "No such file or directory": "no server has such a socket",
    "Connection refused": "no server listens there",
    "invalid .* value|could not parse": "a parameter in its URL has no usable value",
    "timeout|timed out": "nobody answers there",
}


def is_worth_another_try(error: psycopg.Error) -> bool:
    """Whether the same transaction, run again at once, can be expected to succeed: it only met
    another one."""
    return isinstance(error, _MET_ANOTHER)


def is_away(error: psycopg.Error) -> bool:
    """Whether the server could not be reached, or sent the connection away, for now."""
    return isinstance(error, _AWAY) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    )


def translate(error: psycopg.Error) -> StorageError:
    if isinstance(error, errors.DiskFull):
        return StorageFull("The database's disk is full. Free some space, then try again.")
    if isinstance(error, _CONTENDED):
        return StorageBusy("Others hold the database's locks. Try again in a moment.")
    if isinstance(error, errors.TooManyConnections):
        return StorageBusy("The database has too many connections. Try again in a moment.")
    if is_away(error):
        why = _unreached(str(error))
        return StorageBusy(f"The database cannot be reached{why}. Try again in a moment.")
    for kind, refusal in _REFUSALS.items():
        if isinstance(error, kind):
            return StorageError(f"The database cannot be used: {refusal}. See DATABASE_URL.")
    name = type(error).__name__
    code = f"{name}, {error.sqlstate}" if error.sqlstate else name
    return StorageError(f"The database refused ({code}). `parlez doctor` checks it.")


def _unreached(message: str) -> str:
    for words, why in _UNREACHED.items():
        if re.search(words, message):
            return f": {why}"
    return ""
