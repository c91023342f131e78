"""Pieces of documents as rows, and what is kept of their meaning."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.documents import Chunk
from parlez.core.identity import Scope
from parlez.core.ports.document_store import StoredChunk
from parlez.core.ports.vectors import Code, Vector
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Dialect

_LAST_SERIAL = text("SELECT max(serial) FROM chunk")

_INSERT = text("""
    INSERT INTO chunk
        (account_id, document_id, place, serial, page, start, length, heading, content)
    VALUES
        (:account_id, :document_id, :place, :serial, :page, :start, :length, :heading, :content)
""")

_COLUMNS = """
    chunk.serial, chunk.document_id, document.name, chunk.place, chunk.page, chunk.start,
    chunk.length, chunk.heading, chunk.content
"""

_FROM_READY = """
    FROM chunk JOIN document
        ON document.account_id = chunk.account_id AND document.id = chunk.document_id
    WHERE chunk.account_id = :account_id AND document.state = 'ready'
"""

# Lists are told as JSON, because their length is not known when a statement is compiled.
_AMONG = {
    Dialect.SQLITE: "(SELECT value FROM json_each(:serials))",
    Dialect.POSTGRESQL: (
        "(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:serials AS json))"
        " AS listed(value))"
    ),
}

_CHUNKS = {
    dialect: text(f"SELECT {_COLUMNS} {_FROM_READY} AND chunk.serial IN {among}")
    for dialect, among in _AMONG.items()
}

_AROUND = text(f"""
    SELECT {_COLUMNS} {_FROM_READY} AND chunk.document_id = :document_id
        AND chunk.place IN (:place - 1, :place + 1)
    ORDER BY chunk.place
""")

_WITHOUT_VECTOR = text("""
    SELECT chunk.serial, chunk.document_id, '', chunk.place, chunk.page, chunk.start, chunk.length,
        chunk.heading, chunk.content
    FROM chunk
    WHERE chunk.account_id = :account_id AND chunk.document_id = :document_id AND NOT EXISTS (
        SELECT 1 FROM chunk_vector AS vector
        WHERE vector.account_id = chunk.account_id AND vector.model = :model
            AND vector.serial = chunk.serial
    )
    ORDER BY chunk.place LIMIT :limit
""")

_INSERT_VECTOR = text("""
    INSERT INTO chunk_vector (account_id, model, serial, document_id, code, direction)
    VALUES (:account_id, :model, :serial, :document_id, :code, :direction)
    ON CONFLICT (account_id, model, serial) DO NOTHING
""")

_CODES = text("""
    SELECT vector.serial, vector.document_id, vector.code
    FROM chunk_vector AS vector JOIN document
        ON document.account_id = vector.account_id AND document.id = vector.document_id
    WHERE vector.account_id = :account_id AND vector.model = :model AND vector.serial > :after
        AND document.state = 'ready'
    ORDER BY vector.serial LIMIT :limit
""")

_VECTORS = {
    dialect: text(f"""
        SELECT serial, code, direction FROM chunk_vector
        WHERE account_id = :account_id AND model = :model AND serial IN {among}
    """)
    for dialect, among in _AMONG.items()
}


def insert(c: Connection, scope: Scope, document_id: str, chunks: Sequence[Chunk]) -> None:
    row = c.one(_LAST_SERIAL)
    last = (row[0] if row else None) or 0
    for serial, chunk in enumerate(chunks, last + 1):
        c.do(
            _INSERT,
            account_id=scope.account_id,
            document_id=document_id,
            place=chunk.place,
            serial=serial,
            page=chunk.page,
            start=chunk.start,
            length=chunk.end - chunk.start,
            heading=chunk.heading,
            content=chunk.text,
        )


def find(
    c: Connection, dialect: Dialect, scope: Scope, serials: Sequence[int]
) -> list[StoredChunk]:
    """Those of ready documents that are there."""
    listed = json.dumps(list(serials))
    rows = c.all(_CHUNKS[dialect], account_id=scope.account_id, serials=listed)
    return [_read(row) for row in rows]


def around(c: Connection, scope: Scope, found: StoredChunk) -> list[StoredChunk]:
    rows = c.all(
        _AROUND,
        account_id=scope.account_id,
        document_id=found.document_id,
        place=found.chunk.place,
    )
    return [_read(row) for row in rows]


def without_vector(
    c: Connection, scope: Scope, document_id: str, model: str, limit: int
) -> list[StoredChunk]:
    rows = c.all(
        _WITHOUT_VECTOR,
        account_id=scope.account_id,
        document_id=document_id,
        model=model,
        limit=limit,
    )
    return [_read(row) for row in rows]


def insert_vectors(
    c: Connection, scope: Scope, document_id: str, model: str, vectors: Sequence[Vector]
) -> None:
    for vector in vectors:
        c.do(
            _INSERT_VECTOR,
            account_id=scope.account_id,
            model=model,
            serial=vector.serial,
            document_id=document_id,
            code=b64encode(vector.code).decode(),
            direction=b64encode(vector.direction).decode(),
        )


def codes(c: Connection, scope: Scope, model: str, after: int, limit: int) -> list[Code]:
    rows = c.all(_CODES, account_id=scope.account_id, model=model, after=after, limit=limit)
    return [Code(row[0], row[1], b64decode(row[2])) for row in rows]


def vectors(
    c: Connection, dialect: Dialect, scope: Scope, model: str, serials: Sequence[int]
) -> list[Vector]:
    listed = json.dumps(list(serials))
    rows = c.all(_VECTORS[dialect], account_id=scope.account_id, model=model, serials=listed)
    return [Vector(row[0], b64decode(row[1]), b64decode(row[2])) for row in rows]


def _read(row: Row) -> StoredChunk:
    chunk = Chunk(row[3], row[4], row[5], row[5] + row[6], row[7], row[8])
    return StoredChunk(row[0], row[1], row[2], chunk)
