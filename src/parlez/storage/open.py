"""Opening the database that a URL names."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from parlez.core.errors import InvalidInput
from parlez.storage.database import Database
from parlez.storage.sqlite.database import SqliteDatabase
from parlez.storage.sqlite.migrate import migrate


def database_path(url: str | None, data_folder: Path) -> Path:
    """The file of a SQLite URL, relative to the working folder; `parlez.db` without a URL.

    Raises `InvalidInput` for a URL of anything else.
    """
    if url is None:
        return data_folder / "parlez.db"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unusable("it is not a URL") from None
    if parsed.get_backend_name() != "sqlite":
        raise _unusable("only SQLite can be used yet")
    if parsed.database in (None, "", ":memory:"):
        raise _unusable("it names no file")
    return Path(str(parsed.database)).absolute()


def open_database(path: Path, on_death: Callable[[], None]) -> tuple[Database, Path | None]:
    """The database at a path, with the schema brought up to date, and the copy that was made of it
    if it had an older one."""
    copied = migrate(path)
    return SqliteDatabase(path, on_death), copied


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(f"DATABASE_URL cannot be used: {why}. Try sqlite:///./database.db")
