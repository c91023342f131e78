"""Making documents findable: what is to be done next, and what has been done.

The queries that look for work see all accounts; nothing of them reaches a caller.
"""

from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.documents import Chunk, Document, Page
from parlez.core.identity import Scope
from parlez.storage import chunks as chunk_rows
from parlez.storage import documents
from parlez.storage.connection import Connection
from parlez.storage.documents import COLUMNS, REMOVED

PURGED_AT_ONCE = 50
"""Rows that one transaction drops: others want to write in between."""

_NEXT_TO_READ = text(f"""
    SELECT {COLUMNS} FROM document
    WHERE state IN ('queued', 'reading') AND chunks IS NULL
    ORDER BY created_at, id LIMIT 1
""")

_BEGIN = text("""
    UPDATE document SET state = 'reading', updated_at = :now
    WHERE account_id = :account_id AND id = :id AND state <> 'removed'
""")

_INSERT_PAGE = text("""
    INSERT INTO document_page (account_id, document_id, place, number, start, length, content)
    VALUES (:account_id, :document_id, :place, :number, :start, :length, :content)
""")

_FINISH_READING = text("""
    UPDATE document
    SET pages = :pages, characters = :characters, chunks = :chunks, indexed = 0, updated_at = :now
    WHERE account_id = :account_id AND id = :id
""")

_FAIL = text("""
    UPDATE document
    SET state = 'failed', reason_code = :code, reason = :reason, updated_at = :now
    WHERE account_id = :account_id AND id = :id
""")

_NEXT_TO_EMBED = text(f"""
    SELECT {COLUMNS} FROM document
    WHERE state IN ('reading', 'ready') AND chunks IS NOT NULL
        AND (model IS NULL OR model <> :model)
    ORDER BY state, updated_at, id LIMIT 1
""")

_COUNT_INDEXED = text("""
    UPDATE document SET indexed = indexed + :more
    WHERE account_id = :account_id AND id = :id
""")

_FINISH_EMBEDDING = text("""
    UPDATE document SET state = 'ready', model = :model, indexed = chunks, updated_at = :now
    WHERE account_id = :account_id AND id = :id
""")

_NEEDED = text("""
    SELECT 1 FROM document
    WHERE account_id = :account_id AND state = 'ready' AND model <> :model LIMIT 1
""")

_DROP_OLD_VECTORS = text("""
    DELETE FROM chunk_vector WHERE account_id = :account_id AND serial IN (
        SELECT serial FROM chunk_vector
        WHERE account_id = :account_id AND model <> :model LIMIT :most
    ) AND model <> :model
""")

_REMOVED = text(f"""
    SELECT {COLUMNS} FROM document WHERE state = '{REMOVED}' ORDER BY updated_at LIMIT 1
""")

_PURGE = [
    text(f"""
        DELETE FROM {table} WHERE account_id = :account_id AND document_id = :id
            AND {key} IN (
                SELECT {key} FROM {table}
                WHERE account_id = :account_id AND document_id = :id LIMIT :most
            )
    """)
    for table, key in (("chunk_vector", "serial"), ("chunk", "serial"), ("document_page", "place"))
]

_FORGET = text("DELETE FROM document WHERE account_id = :account_id AND id = :id")

_SHARED = text("""
    SELECT 1 FROM document WHERE account_id = :account_id AND sha256 = :sha256 LIMIT 1
""")

_FILES = text("SELECT DISTINCT account_id, sha256 FROM document")

_MODELS = text("""
    SELECT DISTINCT model FROM document
    WHERE account_id = :account_id AND state = 'ready' AND model <> ''
""")


def next_to_read(c: Connection, now: int) -> Document | None:
    row = c.one(_NEXT_TO_READ)
    if row is None:
        return None
    document = documents.read(row)
    c.do(_BEGIN, account_id=document.scope.account_id, id=document.id, now=now)
    return documents.find(c, document.scope, document.id)


def purge_some(c: Connection, scope: Scope, document_id: str) -> bool:
    """Drop some of a document's text; whether anything was there."""
    return any(
        c.run(statement, account_id=scope.account_id, id=document_id, most=PURGED_AT_ONCE)
        for statement in _PURGE
    )


def add_text(
    c: Connection,
    scope: Scope,
    document_id: str,
    pages: Sequence[Page],
    chunks: Sequence[Chunk],
    now: int,
) -> None:
    documents.touch(c, scope, document_id, now)
    for page in pages:
        c.do(
            _INSERT_PAGE,
            account_id=scope.account_id,
            document_id=document_id,
            place=page.place,
            number=page.number,
            start=page.start,
            length=len(page.text),
            content=page.text,
        )
    chunk_rows.insert(c, scope, document_id, chunks)


def finish_reading(
    c: Connection,
    scope: Scope,
    document_id: str,
    pages: int | None,
    characters: int,
    chunks: int,
    now: int,
) -> None:
    documents.touch(c, scope, document_id, now)
    c.do(
        _FINISH_READING,
        account_id=scope.account_id,
        id=document_id,
        pages=pages,
        characters=characters,
        chunks=chunks,
        now=now,
    )


def fail(c: Connection, scope: Scope, document_id: str, code: str, reason: str, now: int) -> None:
    documents.touch(c, scope, document_id, now)
    c.do(_FAIL, account_id=scope.account_id, id=document_id, code=code, reason=reason, now=now)


def next_to_embed(c: Connection, model: str | None) -> Document | None:
    row = c.one(_NEXT_TO_EMBED, model=model or "")
    return documents.read(row) if row else None


def count_indexed(c: Connection, scope: Scope, document_id: str, more: int, now: int) -> None:
    documents.touch(c, scope, document_id, now)
    c.do(_COUNT_INDEXED, account_id=scope.account_id, id=document_id, more=more)


def finish_embedding(
    c: Connection, scope: Scope, document_id: str, model: str | None, now: int
) -> None:
    documents.touch(c, scope, document_id, now)
    c.do(_FINISH_EMBEDDING, account_id=scope.account_id, id=document_id, model=model or "", now=now)


def drop_old_vectors(c: Connection, scope: Scope, model: str) -> bool:
    """Drop some vectors of other models, once no document needs them; whether there were any."""
    if c.one(_NEEDED, account_id=scope.account_id, model=model):
        return False
    dropped = c.run(
        _DROP_OLD_VECTORS, account_id=scope.account_id, model=model, most=PURGED_AT_ONCE
    )
    return dropped > 0


def removed(c: Connection) -> Document | None:
    row = c.one(_REMOVED)
    return documents.read(row) if row else None


def forget(c: Connection, scope: Scope, document_id: str, sha256: str) -> bool:
    """Drop a document whose text is gone; whether another one has the same file."""
    c.do(_FORGET, account_id=scope.account_id, id=document_id)
    return c.one(_SHARED, account_id=scope.account_id, sha256=sha256) is not None


def files(c: Connection) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in c.all(_FILES)}


def models(c: Connection, scope: Scope) -> list[str]:
    return [row[0] for row in c.all(_MODELS, account_id=scope.account_id)]
