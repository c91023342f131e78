"""Opening the database that a URL names."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from parlez.core.errors import InvalidInput
from parlez.storage.database import Database
from parlez.storage.postgres import address
from parlez.storage.postgres.address import Address
from parlez.storage.sqlite.database import SqliteDatabase
from parlez.storage.sqlite.migrate import migrate


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database in a file, which may not be there yet."""

    path: Path

    @property
    def file(self) -> Path | None:
        return self.path

    def __str__(self) -> str:
        return str(self.path)


Place = SqliteFile | Address
"""Where a database is. As text it is fit to be shown; `file` is None where it is no file."""


def locate(url: str | None, data_folder: Path) -> Place:
    """The database of a URL; `parlez.db` in the data folder without one. The file of a SQLite URL
    is relative to the working folder.

    Raises `InvalidInput` for a URL that cannot be used. The error does not repeat it.
    """
    if url is None:
        return SqliteFile(data_folder / "parlez.db")
    scheme = url.partition("://")[0]
    if scheme in address.SCHEMES:
        return address.read_address(url)
    if scheme.partition("+")[0] != "sqlite":
        raise _unusable("it names neither SQLite nor PostgreSQL")
    try:
        database = make_url(url).database
    except ArgumentError:
        raise _unusable("it is not a URL") from None
    if database in (None, "", ":memory:"):
        raise _unusable("it names no file")
    return SqliteFile(Path(str(database)).absolute())


def open_database(place: Place, on_death: Callable[[], None]) -> tuple[Database, Path | None]:
    """The database at a place, with the schema brought up to date, and the copy that was made of it
    if it had an older one.

    Owning the data folder, and with it a SQLite file, is up to the caller; a PostgreSQL database is
    owned from here until it is closed. `on_death` is called when nothing can be written any more.
    Raises `InUse`, `SchemaUnknown`, `StorageError`, and `InvalidInput` if the driver is missing.
    """
    if isinstance(place, Address):
        return _open_postgres(place, on_death), None
    copied = migrate(place.path)
    return SqliteDatabase(place.path, on_death), copied


def _open_postgres(place: Address, on_death: Callable[[], None]) -> Database:
    address.require_driver()
    from parlez.storage.postgres.database import PostgresDatabase

    return PostgresDatabase(place, on_death)


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(
        f"DATABASE_URL cannot be used: {why}. Try sqlite:///./database.db or "
        "postgresql://user:password@host/database"
    )
