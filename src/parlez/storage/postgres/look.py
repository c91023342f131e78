"""Looking at a database that may be in use, without changing it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from parlez.storage.postgres.address import Address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.errors import translate
from parlez.storage.postgres.lock import find_holder
from parlez.storage.postgres.migrate import needs_migration, revision


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to know of a database. `owner` says which process runs on it."""

    version: str
    bytes: int
    revision: str | None
    owner: str | None
    now: datetime


def look(address: Address) -> Seen:
    """Raises `StorageError`, and `SchemaUnknown` for a schema that does not fit."""
    try:
        with connect(address, "parlez doctor") as driver:
            needs_migration(driver, str(address))
            row = driver.execute(
                "SELECT current_setting('server_version'), "
                "pg_database_size(current_database()), clock_timestamp()"
            ).fetchone()
            assert row is not None
            holder = find_holder(driver)
            owner = holder.process if holder else None
            return Seen(row[0], row[1], revision(driver), owner, row[2].astimezone(UTC))
    except psycopg.Error as error:
        raise translate(error) from None
