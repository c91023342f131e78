"""Bringing a PostgreSQL database to the current schema."""

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from parlez.core.errors import StorageError
from parlez.storage import schema
from parlez.storage.postgres.errors import translate


def migrate(driver: psycopg.Connection, name: str) -> None:
    """Create or upgrade the schema, all or nothing. No copy is made: that is pg_dump's to do.

    The connection is the one that holds the lock; `name` is how to call the database in an error.
    Raises `SchemaUnknown`, and `StorageError` for a database that cannot hold every text.
    """
    try:
        if needs_migration(driver, name):
            _upgrade(driver)
    except (psycopg.Error, DBAPIError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        assert isinstance(original, psycopg.Error)
        raise translate(original) from None


def needs_migration(driver: psycopg.Connection, name: str) -> bool:
    """Whether the schema is missing or older. Raises as `migrate` does."""
    if driver.info.parameter_status("server_encoding") != "UTF8":
        raise StorageError(
            f"The {name} does not keep text as UTF-8. Make another: CREATE DATABASE … ENCODING "
            "'UTF8' TEMPLATE template0"
        )
    return schema.check(_tables(driver), revision(driver), f"The {name}")


def revision(driver: psycopg.Connection) -> str | None:
    """The database's schema, None where it has none yet."""
    if "alembic_version" not in _tables(driver):
        return None
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _tables(driver: psycopg.Connection) -> set[str]:
    rows = driver.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))"
    )
    return {row[0] for row in rows}


def _upgrade(driver: psycopg.Connection) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: driver, poolclass=StaticPool)
    driver.autocommit = False
    try:
        with engine.begin() as connection:
            schema.upgrade(connection)
    finally:
        driver.autocommit = True
