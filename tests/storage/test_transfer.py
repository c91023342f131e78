"""Exports and imports: all of it, byte for byte, or nothing."""

import hashlib
import io
import json
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Index, Integer, text
from sqlalchemy.schema import ColumnCollectionConstraint
from tests.support.postgres import Postgres
from tests.support.store import open_stores

from parlez.core.errors import Conflict, NotFound, StorageError
from parlez.storage.connection import Connection
from parlez.storage.open import Place, SqliteFile, locate
from parlez.storage.schema import HEAD, SchemaUnknown
from parlez.storage.tables import metadata
from parlez.storage.transfer import form
from parlez.storage.transfer.export import export
from parlez.storage.transfer.form import BadExport
from parlez.storage.transfer.load import load
from parlez.storage.transfer.places import source, target

TEXTS = [
    "plain",
    "",
    "日本語 한국어 العربية עברית हिन्दी ไทย ελληνικά кириллица",
    "e\u0301 é ﬁ ß İ ı",
    "👩‍👩‍👧‍👦 \U0010fffd \ufffe",
    "tab\tnewline\ncarriage\rreturn\r\n back\\slash \\N \\. \x01\x1f\x7f\u0085\u2028\u2029",
    "'quotes' \"and\" %s %(name)s :name $1 -- /* */",
    "x" * 300_000,
]


def is_indexed(column: Column[Any]) -> bool:
    """Whether its texts are short by their nature."""
    table = column.table
    indexed: list[ColumnCollectionConstraint | Index] = list(table.indexes)
    indexed += [each for each in table.constraints if isinstance(each, ColumnCollectionConstraint)]
    return any(column.name in each.columns for each in indexed)


def nothing(done: int, total: int) -> None:
    assert done <= total


def fill(c: Connection) -> None:
    """Rows in every table, with every text in every column that takes it, and each column that may
    be NULL both NULL and not."""
    for table in metadata.tables.values():
        columns = ", ".join(column.name for column in table.columns)
        places = ", ".join(f":{column.name}" for column in table.columns)
        insert = text(f"INSERT INTO {table.name} ({columns}) VALUES ({places})")
        for number, content in enumerate([*TEXTS, *TEXTS[:2]]):
            row: dict[str, Any] = {}
            for column in table.columns:
                if isinstance(column.type, Integer):
                    row[column.name] = number
                elif is_indexed(column):
                    # In another order by any language than by bytes.
                    row[column.name] = f"{'aBcDé-_Zz'[number % 9]}{number}"
                else:
                    row[column.name] = content
                if column.nullable and number % 2:
                    row[column.name] = None
            c.run(insert, **row)


async def filled(url: str) -> Place:
    async with open_stores(url) as stores:
        await stores.database.write(fill)
    return locate(url, Path())


def exported(place: Place) -> bytes:
    with source(place) as found:
        file = io.BytesIO()
        rows = export(found, file, nothing)
    assert rows == len(TEXTS + TEXTS[:2]) * len(metadata.tables)
    return file.getvalue()


def imported(content: bytes, place: Place, folder: Path) -> int:
    file = folder / "export"
    file.write_bytes(content)
    with file.open("rb") as opened, target(place) as found:
        return load(opened, found, nothing)


async def test_there_and_back_again(data_dir: Path, tmp_path: Path, postgres: Postgres) -> None:
    first = exported(await filled(f"sqlite:///{data_dir / 'parlez.db'}"))
    there = locate(postgres.make("template0"), Path())
    imported(first, there, tmp_path)
    assert exported(there) == first
    back = SqliteFile(tmp_path / "back.db")
    imported(first, back, tmp_path)
    assert exported(back) == first
    again = locate(postgres.make(), Path())
    imported(exported(back), again, tmp_path)
    assert exported(again) == first


async def test_the_file_is_what_is_documented(data_dir: Path) -> None:
    content = exported(await filled(f"sqlite:///{data_dir / 'parlez.db'}"))
    head, *lines, end = content.splitlines(keepends=True)
    assert json.loads(head) == {"format": "parlez export", "version": 1, "schema": HEAD}
    names = [json.loads(line)["table"] for line in lines if line.startswith(b'{"table"')]
    assert names == sorted(metadata.tables)
    rows = [json.loads(line) for line in lines if line.startswith(b"[")]
    assert json.loads(end) == {
        "rows": len(rows),
        "sha256": hashlib.sha256(head + b"".join(lines)).hexdigest(),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def content(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> bytes:
    """A short export."""
    folder = tmp_path_factory.mktemp("short")
    shutil.copy(migrated, folder / "short.db")
    async with open_stores(f"sqlite:///{folder / 'short.db'}") as stores:
        await stores.accounts.first()
        await stores.accounts.secret("a", "geheim")
    with source(SqliteFile(folder / "short.db")) as found:
        file = io.BytesIO()
        export(found, file, nothing)
    return file.getvalue()


def with_digest(content: bytes, **end: Any) -> bytes:
    """The content with an end that fits it."""
    lines = content.splitlines(keepends=True)[:-1]
    rows = sum(line.startswith(b"[") for line in lines)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    return b"".join(lines) + form.encode({**form.end_line(rows, digest), **end})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda content: b"", "breaks off"),
        (lambda content: content[:-1], "breaks off"),
        (lambda content: content[:-200], "breaks off"),
        (lambda content: content[: content.rindex(b'{"rows')], "breaks off"),
        (lambda content: content + b"x", "follows its end"),
        (lambda content: content.replace(b"local", b"1ocal"), "checksum"),
        (lambda content: with_digest(content, rows=99), "checksum"),
        (lambda content: with_digest(content.replace(b'"local"', b"17")), "row of account"),
        (lambda content: with_digest(content.replace(b'"local",', b"")), "row of account"),
        (lambda content: with_digest(content.replace(b'"table":"api_key"', b'"table":"x"')), "api"),
        (lambda content: with_digest(content.replace(b'"role",', b"")), "table account"),
        (lambda content: content.replace(b'"version":1', b'"version":2'), "newer version"),
        (lambda content: content.replace(HEAD.encode(), b"0001", 1), "schema 0001"),
        (lambda content: b"SQLite format 3\0\n", "not an export"),
        (lambda content: b"[]\n", "not an export"),
        (lambda content: b"\xff\n", "not an export"),
    ],
)
def test_what_is_no_whole_export_changes_nothing(
    spoil: Any, told: str, database_url: str, content: bytes, tmp_path: Path
) -> None:
    place = locate(database_url, Path())
    with pytest.raises(BadExport, match=told) as refused:
        imported(spoil(content), place, tmp_path)
    assert "geheim" not in str(refused.value)
    assert imported(content, place, tmp_path) == 2, "it is as empty as it was"


async def test_only_an_empty_database_is_imported_into(
    database_url: str, content: bytes, tmp_path: Path
) -> None:
    async with open_stores(database_url) as stores:
        await stores.accounts.first()
    with pytest.raises(Conflict, match="something in it already"):
        imported(content, locate(database_url, Path()), tmp_path)


async def test_an_export_is_of_one_moment(database_url: str) -> None:
    """While somebody writes, in every table."""
    async with open_stores(database_url) as stores:
        await stores.accounts.secret("before", "")
        with source(locate(database_url, Path())) as found:
            counted = found.count(metadata.tables["account"])
            await stores.accounts.first()
            await stores.accounts.secret("after", "")
            file = io.BytesIO()
            assert export(found, file, nothing) == 1
    assert counted == 0
    assert b"after" not in file.getvalue()


async def test_a_database_without_the_schema_is_not_exported(
    tmp_path: Path, postgres: Postgres
) -> None:
    with pytest.raises(NotFound, match="no database"), source(SqliteFile(tmp_path / "none.db")):
        pass
    with pytest.raises(SchemaUnknown, match="Start the server"):
        with source(locate(postgres.make("template0"), Path())):
            pass
    with pytest.raises(StorageError, match="no such database"):
        with source(locate(postgres.url("nowhere"), Path())):
            pass


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_memory_is_bounded(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Twenty million characters pass through a tenth of that."""
    rows, length = 2_000, 10_000
    name = f"{'x' * length}"
    file = tmp_path / "long"
    digest = hashlib.sha256()
    with file.open("wb") as out:

        def write(value: Any) -> None:
            digest.update(form.encode(value))
            out.write(form.encode(value))

        write(form.header(HEAD))
        for table in form.tables():
            write(form.table_line(table))
            if table.name == "server_secret":
                for number in range(rows):
                    write([f"{number:09}", name])
        out.write(form.encode(form.end_line(rows, digest.hexdigest())))
    place: Place = SqliteFile(tmp_path / "new.db")
    if kind == "postgresql":
        place = locate(request.getfixturevalue("postgres").make(), Path())
    tracemalloc.start()
    try:
        with file.open("rb") as opened, target(place) as into:
            load(opened, into, nothing)
        with (tmp_path / "again").open("wb") as out, source(place) as found:
            export(found, out, nothing)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < rows * length / 10
    assert (tmp_path / "again").read_bytes() == file.read_bytes()
