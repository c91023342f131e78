"""Documents as rows."""

import json
from collections.abc import Collection

from sqlalchemy import text

from parlez.core.documents import Document, DocumentState
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.ports.document_store import KeptFile
from parlez.core.retrieval import Readiness, Sources
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Dialect

COLUMNS = """
    account_id, id, name, sha256, size, state, created_at, updated_at, reason_code, reason, pages,
    characters, coalesce(chunks, 0), indexed
"""

REMOVED = DocumentState.REMOVED

_SAME = text(f"""
    SELECT {COLUMNS} FROM document
    WHERE account_id = :account_id AND sha256 = :sha256 AND name = :name AND state <> '{REMOVED}'
    ORDER BY created_at LIMIT 1
""")

_INSERT = text("""
    INSERT INTO document
        (account_id, id, name, sha256, size, state, characters, indexed, created_at, updated_at,
         disposable)
    VALUES
        (:account_id, :id, :name, :sha256, :size, 'queued', 0, 0, :now, :now, :disposable)
""")

_REQUEUE = text("""
    UPDATE document
    SET state = 'queued', reason_code = NULL, reason = NULL, chunks = NULL, updated_at = :now
    WHERE account_id = :account_id AND id = :id AND state = 'failed'
""")

_KEEP = text("""
    UPDATE document SET disposable = 0
    WHERE account_id = :account_id AND id = :id AND disposable = 1
""")

_FIND = text(f"""
    SELECT {COLUMNS} FROM document
    WHERE account_id = :account_id AND id = :id AND state <> '{REMOVED}'
""")

_AMONG = {
    Dialect.SQLITE: "(SELECT value FROM json_each(:ids))",
    Dialect.POSTGRESQL: "(SELECT json_array_elements_text(CAST(:ids AS json)))",
}

_KNOWN = {
    dialect: text(f"""
        SELECT id FROM document
        WHERE account_id = :account_id AND state <> '{REMOVED}' AND id IN {among}
    """)
    for dialect, among in _AMONG.items()
}

_LIST = text(f"""
    SELECT {COLUMNS} FROM document
    WHERE account_id = :account_id AND state <> '{REMOVED}'
        AND (created_at < :before OR created_at = :before AND id < :before_id)
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")

_REMOVE = text(f"""
    UPDATE document SET state = '{REMOVED}', updated_at = :now
    WHERE account_id = :account_id AND id = :id AND state <> '{REMOVED}'
""")

_REMOVE_UNUSED = text(f"""
    UPDATE document SET state = '{REMOVED}', updated_at = :now
    WHERE account_id = :account_id AND id = :id AND state <> '{REMOVED}' AND disposable = 1
        AND NOT EXISTS (
            SELECT 1 FROM assistant_document
            WHERE account_id = :account_id AND document_id = :id
        )
        AND NOT EXISTS (
            SELECT 1 FROM app WHERE account_id = :account_id AND terms LIKE :named
        )
""")

_UNTIE = text("""
    DELETE FROM assistant_document WHERE account_id = :account_id AND document_id = :id
""")

# What a `Sources` names: all, or a list, or what an assistant has.
_READINESS = {
    dialect: text(f"""
        SELECT state, count(*) FROM document
        WHERE account_id = :account_id AND state <> '{REMOVED}' AND (
            :all = 1 OR id IN {among} OR id IN (
                SELECT document_id FROM assistant_document
                WHERE account_id = :account_id AND assistant_id = :assistant_id
            )
        )
        GROUP BY state
    """)
    for dialect, among in _AMONG.items()
}

_TOUCH = text(f"""
    UPDATE document SET updated_at = :now
    WHERE account_id = :account_id AND id = :id AND state <> '{REMOVED}'
""")

_TEXT = text(f"""
    SELECT start, content FROM document_page
    WHERE account_id = :account_id AND document_id = :id
        AND start < :end AND start + length > :start
        AND EXISTS (
            SELECT 1 FROM document
            WHERE account_id = :account_id AND id = :id AND state <> '{REMOVED}'
        )
    ORDER BY place
""")

_LATEST = 2**62


def add(
    c: Connection, scope: Scope, file: KeptFile, now: int, *, disposable: bool = False
) -> tuple[Document, bool]:
    """A new document, queued; or the one of that name and hash, and False. One that is not
    `disposable` this time, or was not before, stays until it is removed."""
    same = c.one(_SAME, account_id=scope.account_id, sha256=file.sha256, name=file.name)
    if same is None:
        document_id = new_id()
        c.do(
            _INSERT,
            account_id=scope.account_id,
            id=document_id,
            name=file.name,
            sha256=file.sha256,
            size=file.size,
            disposable=int(disposable),
            now=now,
        )
        return find(c, scope, document_id), True
    c.do(_REQUEUE, account_id=scope.account_id, id=same[1], now=now)
    if not disposable:
        c.do(_KEEP, account_id=scope.account_id, id=same[1])
    return find(c, scope, same[1]), False


def find(c: Connection, scope: Scope, document_id: str) -> Document:
    row = c.one(_FIND, account_id=scope.account_id, id=document_id)
    if row is None:
        raise missing()
    return read(row)


def known(c: Connection, dialect: Dialect, scope: Scope, ids: Collection[str]) -> set[str]:
    """Those of these ids that documents have."""
    listed = json.dumps(list(ids))
    return {row[0] for row in c.all(_KNOWN[dialect], account_id=scope.account_id, ids=listed)}


def page(
    c: Connection, scope: Scope, limit: int, before: str | None
) -> tuple[list[Document], str | None]:
    last = find(c, scope, before) if before else None
    rows = c.all(
        _LIST,
        account_id=scope.account_id,
        before=last.created_at if last else _LATEST,
        before_id=last.id if last else "",
        # One more than asked for tells whether there are more.
        limit=limit + 1,
    )
    found = [read(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


def remove(c: Connection, scope: Scope, document_id: str, now: int) -> None:
    if not c.run(_REMOVE, account_id=scope.account_id, id=document_id, now=now):
        raise missing()
    c.do(_UNTIE, account_id=scope.account_id, id=document_id)


def remove_if_unused(c: Connection, scope: Scope, document_id: str, now: int) -> bool:
    """Remove a document that is there for others alone, once no assistant has it and no app names
    it; whether it was."""
    removed = c.run(
        _REMOVE_UNUSED,
        account_id=scope.account_id,
        id=document_id,
        named=f'%"{document_id}"%',
        now=now,
    )
    return removed > 0


def readiness(c: Connection, dialect: Dialect, scope: Scope, sources: Sources) -> Readiness:
    rows = c.all(
        _READINESS[dialect],
        account_id=scope.account_id,
        all=int(sources.everything),
        ids=json.dumps(sources.document_ids or ()),
        assistant_id=sources.assistant_id or "",
    )
    count = {DocumentState(state): number for state, number in rows}
    ready = count.get(DocumentState.READY, 0)
    failed = count.get(DocumentState.FAILED, 0)
    total = sum(count.values())
    return Readiness(total, ready, total - ready - failed)


def touch(c: Connection, scope: Scope, document_id: str, now: int) -> None:
    """Hold a document until the end of the transaction. Raises `NotFound`."""
    if not c.run(_TOUCH, account_id=scope.account_id, id=document_id, now=now):
        raise missing()


def text_of(c: Connection, scope: Scope, document_id: str, start: int, end: int) -> str:
    find(c, scope, document_id)
    rows = c.all(_TEXT, account_id=scope.account_id, id=document_id, start=start, end=end)
    if not rows:
        return ""
    first: int = rows[0][0]
    return "".join(row[1] for row in rows)[max(start - first, 0) : end - first]


def read(row: Row) -> Document:
    return Document(
        id=row[1],
        scope=Scope(row[0]),
        name=row[2],
        sha256=row[3],
        size=row[4],
        state=DocumentState(row[5]),
        created_at=row[6],
        updated_at=row[7],
        reason_code=row[8],
        reason=row[9],
        pages=row[10],
        characters=row[11],
        chunks=row[12],
        indexed=row[13],
    )


def missing() -> NotFound:
    return NotFound("There is no such document.")
