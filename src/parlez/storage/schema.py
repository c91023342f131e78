"""Bringing a database to the schema that this version of Parlez knows.

Alembic is imported only when there is something to migrate: it takes longer than everything else
that a start does.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from parlez.core.errors import StorageError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0011"
"""The newest revision in `migrations/versions`, which a test compares."""


class SchemaUnknown(StorageError):
    """The database is not one that this version of Parlez can work with."""

    code = "schema_unknown"
    retryable = False


def check(tables: set[str], revision: str | None, name: str) -> bool:
    """Whether a database must be migrated. `name` is how to call it in an error.

    Raises `SchemaUnknown` for one that belongs to something else, or to a newer Parlez.
    """
    if revision is None and tables:
        raise SchemaUnknown(
            f"{name} holds tables that are not Parlez's. Point DATABASE_URL at another database."
        )
    if revision is not None and revision not in revisions():
        raise SchemaUnknown(
            f"{name} has schema {revision}, which this version of Parlez does not know: a newer "
            "version wrote it. Install that version, or restore the copy that was made before "
            "the upgrade."
        )
    return revision != HEAD


def outdated(name: str) -> str:
    """What to say of a database that must be migrated first."""
    return (
        f"{name} does not have the schema of this version of Parlez yet. Start the server on it "
        "once, then try again."
    )


def revisions() -> set[str]:
    """All revisions there have been."""
    return {path.name.split("_")[0] for path in (_HERE / "versions").glob("[0-9]*.py")}


def upgrade(connection: "Connection") -> None:
    """Run what is missing, inside the transaction of a connection."""
    from alembic import command

    command.upgrade(config(connection), "head")


def config(connection: "Connection") -> "Config":
    """Alembic's configuration, which needs no file."""
    from alembic.config import Config

    result = Config()
    result.set_main_option("script_location", str(_HERE))
    result.attributes["connection"] = connection
    return result


_HERE = Path(__file__).parent / "migrations"
