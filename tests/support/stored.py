"""What a server has stored, seen without asking it."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from parlez.storage.tables import metadata


class Stored:
    """The database at a URL, only looked at. `file` is its file, if it is SQLite's."""

    def __init__(self, url: str):
        self.url = url
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = Path(str(parsed.database)) if is_sqlite else None
        if self.file:
            # Whoever can write would tidy up behind a server that was killed.
            address = make_url(f"sqlite:///file:{self.file}?mode=ro&uri=true")
        else:
            address = parsed.set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, poolclass=NullPool)

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), parameters)]

    def states(self, table: str) -> Counter[str]:
        """How many rows of a table are in each state."""
        query = f"SELECT state, count(*) FROM {table} GROUP BY state"
        return Counter(dict(self.rows(query)))

    def check_integrity(self) -> None:
        with self._engine.connect() as connection:
            if self.file:
                _check_sqlite(connection)
            else:
                _check_postgres(connection)


def _check_sqlite(connection: Connection) -> None:
    for pragma, good in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").fetchall() == good


def _check_postgres(connection: Connection) -> None:
    """Read every row, which compares the checksums of pages, and see that indexes have them all.
    The server may be at work meanwhile."""
    connection = connection.execution_options(isolation_level="REPEATABLE READ")
    for name, table in metadata.tables.items():
        key = ", ".join(column.name for column in table.primary_key)
        connection.exec_driver_sql("SET enable_seqscan = off")
        indexed = connection.exec_driver_sql(f"SELECT {key} FROM {name} ORDER BY {key}").fetchall()
        connection.exec_driver_sql("SET enable_seqscan = on")
        connection.exec_driver_sql("SET enable_indexscan = off")
        connection.exec_driver_sql("SET enable_indexonlyscan = off")
        rows = connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY {key}").mappings().all()
        connection.exec_driver_sql("RESET ALL")
        assert [tuple(row[column.name] for column in table.primary_key) for row in rows] == indexed
