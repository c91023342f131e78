"""Assistants as rows."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text

from parlez.core.assistants import Assistant, AssistantChanges
from parlez.core.documents import Document
from parlez.core.errors import Conflict, NotFound
from parlez.core.identity import Scope
from parlez.core.ports.document_store import KeptFile
from parlez.storage import documents, numbers
from parlez.storage.connection import Connection

MOST_ASSISTANTS = 500
"""Of one account."""

MOST_DOCUMENTS = 200
"""Of one assistant."""

_COLUMNS = "id, number, name, company_name, instructions, created_at, updated_at"

_INSERT = text("""
    INSERT INTO assistant
        (account_id, id, number, name, company_name, instructions, created_at, updated_at)
    VALUES (:account_id, :id, :number, :name, :company_name, :instructions, :now, :now)
""")

_CHANGE = text("""
    UPDATE assistant
    SET name = :name, company_name = :company_name, instructions = :instructions, updated_at = :now
    WHERE account_id = :account_id AND id = :id
""")

_DELETE = text("DELETE FROM assistant WHERE account_id = :account_id AND id = :id")

_FIND = text(f"SELECT {_COLUMNS} FROM assistant WHERE account_id = :account_id AND id = :id")

_BY_NUMBER = text(f"""
    SELECT {_COLUMNS} FROM assistant WHERE account_id = :account_id AND number = :number
""")

_BY_NAME = text(f"SELECT {_COLUMNS} FROM assistant WHERE account_id = :account_id AND name = :name")

_LIST = text(f"""
    SELECT {_COLUMNS} FROM assistant WHERE account_id = :account_id
    ORDER BY number LIMIT :limit OFFSET :offset
""")

_COUNT = text("SELECT count(*) FROM assistant WHERE account_id = :account_id")

_TIE = text("""
    INSERT INTO assistant_document (account_id, assistant_id, document_id)
    VALUES (:account_id, :assistant_id, :document_id)
    ON CONFLICT (account_id, assistant_id, document_id) DO NOTHING
""")

_UNTIE = text("""
    DELETE FROM assistant_document
    WHERE account_id = :account_id AND assistant_id = :assistant_id AND document_id = :document_id
""")

_TIES = text("""
    SELECT document_id FROM assistant_document
    WHERE account_id = :account_id AND assistant_id = :assistant_id
""")

_DOCUMENTS = text(f"""
    SELECT {documents.COLUMNS} FROM document
    WHERE account_id = :account_id AND state <> 'removed' AND id IN (
        SELECT document_id FROM assistant_document
        WHERE account_id = :account_id AND assistant_id = :assistant_id
    )
    ORDER BY created_at, id
""")

_ALL_TIES = text("""
    SELECT assistant_id, document_id FROM assistant_document WHERE account_id = :account_id
""")

_ALL_DOCUMENTS = text(f"""
    SELECT {documents.COLUMNS} FROM document
    WHERE account_id = :account_id AND state <> 'removed' AND id IN (
        SELECT document_id FROM assistant_document WHERE account_id = :account_id
    )
    ORDER BY created_at, id
""")


def insert(
    c: Connection,
    scope: Scope,
    assistant_id: str,
    wanted: AssistantChanges,
    files: Sequence[KeptFile],
    now: int,
) -> Assistant:
    """Raises `Conflict` for a name that is taken, and for one assistant, or file, too many."""
    number = numbers.take(c, scope, numbers.ASSISTANTS)
    counted = c.one(_COUNT, account_id=scope.account_id)
    if counted and counted[0] >= MOST_ASSISTANTS:
        raise Conflict(f"An account has at most {MOST_ASSISTANTS} assistants. Delete one first.")
    name = wanted.name or ""
    _require_free(c, scope, name)
    c.do(
        _INSERT,
        account_id=scope.account_id,
        id=assistant_id,
        number=number,
        name=name,
        company_name=wanted.company_name or "",
        instructions=wanted.instructions or "",
        now=now,
    )
    _add_files(c, scope, assistant_id, files, now)
    _require_room(c, scope, assistant_id)
    return find(c, scope, assistant_id)


def change(
    c: Connection,
    scope: Scope,
    number: int,
    changes: AssistantChanges,
    files: Sequence[KeptFile],
    now: int,
) -> tuple[Assistant, list[str]]:
    """The assistant as it is then, and the ids of the documents that went with it. Raises
    `NotFound`, and `Conflict` as `insert` does."""
    numbers.hold(c, scope, numbers.ASSISTANTS)
    found = by_number(c, scope, number)
    name = changes.name or found.name
    if name != found.name:
        _require_free(c, scope, name)
    c.do(
        _CHANGE,
        account_id=scope.account_id,
        id=found.id,
        name=name,
        company_name=_chosen(changes.company_name, found.company_name),
        instructions=_chosen(changes.instructions, found.instructions),
        now=now,
    )
    before = document_ids(c, scope, found.id) if changes.replace_files else []
    added = _add_files(c, scope, found.id, files, now)
    gone = [each for each in before if each not in added]
    removed = [each for each in gone if _let_go(c, scope, found.id, each, now)]
    if files:
        _require_room(c, scope, found.id)
    return find(c, scope, found.id), removed


def delete(c: Connection, scope: Scope, number: int, now: int) -> list[str]:
    """The ids of the documents that went with it. Raises `NotFound`."""
    numbers.hold(c, scope, numbers.ASSISTANTS)
    found = by_number(c, scope, number)
    ties = document_ids(c, scope, found.id)
    c.do(_DELETE, account_id=scope.account_id, id=found.id)
    return [each for each in ties if _let_go(c, scope, found.id, each, now)]


def remove_document(
    c: Connection, scope: Scope, number: int, document_id: str, now: int
) -> list[str]:
    """Whether the document went with it: its id, or nothing. Raises `NotFound`."""
    numbers.hold(c, scope, numbers.ASSISTANTS)
    found = by_number(c, scope, number)
    if document_id not in document_ids(c, scope, found.id):
        raise documents.missing()
    return [document_id] if _let_go(c, scope, found.id, document_id, now) else []


def look(c: Connection, scope: Scope, assistant_id: str) -> Assistant | None:
    """Without its documents."""
    row = c.one(_FIND, account_id=scope.account_id, id=assistant_id)
    return Assistant(*row) if row else None


def find(c: Connection, scope: Scope, assistant_id: str) -> Assistant:
    """With its documents. Raises `NotFound`."""
    return with_documents(c, scope, _required(look(c, scope, assistant_id)))


def require(c: Connection, scope: Scope, assistant_id: str | None) -> None:
    """Raises `NotFound` for an assistant that is not there."""
    if assistant_id is not None:
        _required(look(c, scope, assistant_id))


def by_number(c: Connection, scope: Scope, number: int) -> Assistant:
    """Without its documents. Raises `NotFound`."""
    row = c.one(_BY_NUMBER, account_id=scope.account_id, number=number)
    return _required(Assistant(*row) if row else None)


def with_documents(c: Connection, scope: Scope, found: Assistant) -> Assistant:
    rows = c.all(_DOCUMENTS, account_id=scope.account_id, assistant_id=found.id)
    return replace(found, documents=tuple(documents.read(row) for row in rows))


def page(c: Connection, scope: Scope, limit: int, offset: int) -> list[Assistant]:
    """Oldest first, with their documents."""
    rows = c.all(_LIST, account_id=scope.account_id, limit=limit, offset=offset)
    users: dict[str, list[str]] = {}
    for assistant_id, document_id in c.all(_ALL_TIES, account_id=scope.account_id):
        users.setdefault(document_id, []).append(assistant_id)
    had: dict[str, list[Document]] = {}
    for row in c.all(_ALL_DOCUMENTS, account_id=scope.account_id):
        document = documents.read(row)
        for assistant_id in users.get(document.id, ()):
            had.setdefault(assistant_id, []).append(document)
    return [
        replace(found, documents=tuple(had.get(found.id, ())))
        for found in (Assistant(*row) for row in rows)
    ]


def document_ids(c: Connection, scope: Scope, assistant_id: str) -> list[str]:
    """Of the documents that an assistant has, in no order."""
    rows = c.all(_TIES, account_id=scope.account_id, assistant_id=assistant_id)
    return [row[0] for row in rows]


def _add_files(
    c: Connection, scope: Scope, assistant_id: str, files: Sequence[KeptFile], now: int
) -> set[str]:
    """Let an assistant have files; the ids of their documents."""
    added = set()
    for place, file in enumerate(files):
        # They stay in the order in which they came.
        document, _ = documents.add(c, scope, file, now + place, disposable=True)
        c.do(
            _TIE,
            account_id=scope.account_id,
            assistant_id=assistant_id,
            document_id=document.id,
        )
        added.add(document.id)
    return added


def _let_go(c: Connection, scope: Scope, assistant_id: str, document_id: str, now: int) -> bool:
    """Take a document from an assistant; whether it went, because nobody needs it any more."""
    c.do(
        _UNTIE,
        account_id=scope.account_id,
        assistant_id=assistant_id,
        document_id=document_id,
    )
    return documents.remove_if_unused(c, scope, document_id, now)


def _chosen(changed: str | None, before: str) -> str:
    return before if changed is None else changed


def _require_room(c: Connection, scope: Scope, assistant_id: str) -> None:
    if len(document_ids(c, scope, assistant_id)) > MOST_DOCUMENTS:
        raise Conflict(f"An assistant has at most {MOST_DOCUMENTS} files. Remove some first.")


def _require_free(c: Connection, scope: Scope, name: str) -> None:
    if c.one(_BY_NAME, account_id=scope.account_id, name=name):
        raise Conflict("There is an assistant of that name. Change that one, or take another name.")


def _required(found: Assistant | None) -> Assistant:
    if found is None:
        raise NotFound("There is no such assistant.")
    return found
