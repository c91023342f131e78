"""Is the data sound, and does its server work? Nothing is made or changed to find out."""

import fcntl
import http.client
import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parlez.cli.finding import Finding, ok, warning, wrong
from parlez.storage.data_folder import Owner
from parlez.storage.schema import HEAD, SchemaUnknown
from parlez.storage.sqlite import look

_HEALTH_SECONDS = 10
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_folder(folder: Path) -> Finding:
    subject = "data folder"
    if not folder.exists():
        return ok(subject, f"{folder} is not there yet; the first start makes it")
    if not folder.is_dir():
        return wrong(subject, f"{folder} is not a folder", "Choose another with --data-dir.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return wrong(subject, f"{folder} cannot be written to", f"Look at: ls -ld {folder}")
    if folder.stat().st_mode & _OTHERS:
        return wrong(subject, f"others can look into {folder}", f"chmod 700 {folder}")
    return ok(subject, f"{folder}, for its user only")


def check_server(folder: Path) -> Finding:
    subject = "server"
    if not _is_locked(folder / "parlez.lock"):
        return ok(subject, "none runs on this data")
    try:
        owner = Owner(**json.loads((folder / "server.json").read_text()))
        failing = _failing_parts(owner)
    except (OSError, ValueError, TypeError, http.client.HTTPException):
        advice = "If it is not just starting, stop it with kill, and start it again."
        return wrong(subject, "one owns the data and does not answer", advice)
    told = f"{owner.url}, process {owner.pid}"
    if failing:
        return wrong(subject, told, "; ".join(failing))
    return ok(subject, f"{told}, is well")


def check_database(database: Path) -> list[Finding]:
    subject = "database"
    if not database.exists() or database.stat().st_size == 0:
        return [ok(subject, f"{database} is not there yet; the first start makes it")]
    rights = _check_rights(database)
    try:
        with look.reading(database) as connection:
            found = look.damage(connection)
            if found:
                raise sqlite3.DatabaseError("; ".join(found))
            revision = look.revision(connection, database.name)
    except sqlite3.OperationalError as error:
        return [*rights, wrong(subject, f"{database}: {error}", "See whether its rights fit.")]
    except sqlite3.DatabaseError as error:
        advice = "Stop the server, keep this file, and put the last backup in its place."
        return [*rights, wrong(subject, f"{database} is damaged: {error}", advice)]
    except SchemaUnknown as error:
        return [*rights, wrong("schema", f"{database} is not for this version", error.message)]
    megabytes = database.stat().st_size / 1e6
    return [*rights, ok(subject, f"{database} is sound ({megabytes:,.1f} MB)"), _schema(revision)]


def _schema(revision: str | None) -> Finding:
    if revision not in (None, HEAD):
        return ok("schema", f"{revision}; the next start upgrades it to {HEAD}, copying it first")
    return ok("schema", revision or "none yet")


def _check_rights(database: Path) -> list[Finding]:
    if not database.stat().st_mode & _OTHERS:
        return []
    return [warning("rights", f"others may open {database}", f"chmod 600 {database}")]


def _is_locked(lock: Path) -> bool:
    """Whether a server holds the lock. It is shared for an instant to find out, which leaves no
    trace."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _failing_parts(owner: Owner) -> list[str]:
    """The parts of a running server that do not work, with the reasons."""
    at = urlsplit(owner.url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=_HEALTH_SECONDS)
    try:
        connection.request(
            "GET", "/health/ready", headers={"Authorization": f"Bearer {owner.token}"}
        )
        health: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    parts = health["parts"].items()
    return [f"{name}: {part['state']}" for name, part in parts if not part["ok"]]
