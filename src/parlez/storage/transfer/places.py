"""Sources and targets, by the place of the database."""

from contextlib import AbstractContextManager

from parlez.storage.open import Place, SqliteFile
from parlez.storage.postgres.address import require_driver
from parlez.storage.sqlite import transfer as of_sqlite
from parlez.storage.sqlite.migrate import migrate
from parlez.storage.transfer.ports import Source, Target


def source(place: Place) -> AbstractContextManager[Source]:
    """All that a database holds, at the moment at which the context begins."""
    if isinstance(place, SqliteFile):
        return of_sqlite.source(place.path)
    require_driver()
    from parlez.storage.postgres import transfer as of_postgres

    return of_postgres.source(place)


def target(place: Place) -> AbstractContextManager[Target]:
    """A database to store everything in, at the end of the context if that ends well. Owning the
    data folder, and with it a SQLite file, is up to the caller."""
    if isinstance(place, SqliteFile):
        migrate(place.path)
        return of_sqlite.target(place.path)
    require_driver()
    from parlez.storage.postgres import transfer as of_postgres

    return of_postgres.target(place)
