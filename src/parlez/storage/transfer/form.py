"""The form of an export: JSON, a line at a time, in UTF-8.

The first line is the header: the version of the form, and the schema that the rows have. Then each
table, by name: a line with its name and columns, then each row as an array of texts, integers and
nulls, sorted by the bytes of the primary key. The last line has the number of rows, and the SHA-256
of all lines before it. The same data gives the same bytes, whichever database it comes from.
"""

import json
from typing import Any

from sqlalchemy import Table

from parlez.core.errors import InvalidInput
from parlez.storage.tables import metadata

NAME = "parlez export"

VERSION = 1
"""Changes whenever an older Parlez could not read what this one writes."""


class BadExport(InvalidInput):
    """A file that cannot be imported."""

    code = "bad_export"


def tables() -> list[Table]:
    """All tables, in the order in which they are written."""
    return [metadata.tables[name] for name in sorted(metadata.tables)]


def header(schema: str) -> dict[str, Any]:
    return {"format": NAME, "version": VERSION, "schema": schema}


def table_line(table: Table) -> dict[str, Any]:
    return {"table": table.name, "columns": [column.name for column in table.columns]}


def end_line(rows: int, digest: str) -> dict[str, Any]:
    return {"rows": rows, "sha256": digest}


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """Raises `BadExport` for what is no whole line of JSON."""
    if not line.endswith(b"\n"):
        raise BadExport("The file breaks off: it is not all of an export.")
    try:
        return json.loads(line)
    except ValueError:
        raise BadExport("The file is damaged, or not an export of Parlez's.") from None
