"""What is kept of the meaning of messages, as rows."""

from base64 import b64decode, b64encode
from collections.abc import Sequence

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.ports.vectors import Code, Vector
from parlez.storage.connection import Connection
from parlez.storage.database import Dialect
from parlez.storage.lists import SERIALS, listed

DROPPED_AT_ONCE = 50
"""Rows in one transaction: others want to write in between."""

_WITHOUT_VECTOR = text("""
    SELECT piece.account_id, piece.serial, substr(message.content, piece.start + 1, piece.length)
    FROM message_piece AS piece JOIN message
        ON message.account_id = piece.account_id AND message.id = piece.message_id
    WHERE piece.serial > coalesce((SELECT serial FROM message_embedding WHERE model = :model), 0)
    ORDER BY piece.serial LIMIT :limit
""")

# On PostgreSQL nobody else may delete the piece before its vector is there to be deleted with it.
_INSERT = {
    dialect: text(f"""
        INSERT INTO message_vector (account_id, serial, model, user_label, code, direction)
        SELECT account_id, serial, :model, user_label, :code, :direction FROM message_piece
        WHERE account_id = :account_id AND serial = :serial {lock}
        ON CONFLICT (account_id, serial, model) DO NOTHING
    """)
    for dialect, lock in ((Dialect.SQLITE, ""), (Dialect.POSTGRESQL, "FOR SHARE"))
}

_MARK = text("""
    INSERT INTO message_embedding (model, serial) VALUES (:model, :serial)
    ON CONFLICT (model) DO UPDATE SET serial = :serial
""")

_CODES = text("""
    SELECT serial, code FROM message_vector
    WHERE account_id = :account_id AND model = :model AND user_label = :user_label
        AND serial > :after
    ORDER BY serial LIMIT :limit
""")

_VECTORS = {
    dialect: text(f"""
        SELECT serial, code, direction FROM message_vector
        WHERE account_id = :account_id AND model = :model AND serial IN {serials}
    """)
    for dialect, serials in SERIALS.items()
}

_NEXT_MODEL = text("""
    SELECT min(model) FROM message_vector WHERE account_id = :account_id AND model > :after
""")

_OTHER_MODEL = text("SELECT model FROM message_embedding WHERE model <> :model LIMIT 1")

_DROP = text("""
    DELETE FROM message_vector WHERE model = :model AND (account_id, serial) IN (
        SELECT account_id, serial FROM message_vector WHERE model = :model LIMIT :most
    )
""")

_DROP_MARK = text("DELETE FROM message_embedding WHERE model = :model")


def without_vector(c: Connection, model: str, limit: int) -> list[tuple[Scope, int, str]]:
    return [
        (Scope(row[0]), row[1], row[2]) for row in c.all(_WITHOUT_VECTOR, model=model, limit=limit)
    ]


def insert(
    c: Connection, dialect: Dialect, model: str, vectors: Sequence[tuple[Scope, Vector]], up_to: int
) -> None:
    for scope, vector in vectors:
        c.do(
            _INSERT[dialect],
            account_id=scope.account_id,
            serial=vector.serial,
            model=model,
            code=b64encode(vector.code).decode(),
            direction=b64encode(vector.direction).decode(),
        )
    c.do(_MARK, model=model, serial=up_to)


def codes(
    c: Connection, scope: Scope, user_label: str, model: str, after: int, limit: int
) -> list[Code]:
    rows = c.all(
        _CODES,
        account_id=scope.account_id,
        model=model,
        user_label=user_label,
        after=after,
        limit=limit,
    )
    return [Code(row[0], user_label, b64decode(row[1])) for row in rows]


def find(
    c: Connection, dialect: Dialect, scope: Scope, model: str, serials: Sequence[int]
) -> list[Vector]:
    rows = c.all(
        _VECTORS[dialect], account_id=scope.account_id, model=model, serials=listed(serials)
    )
    return [Vector(row[0], b64decode(row[1]), b64decode(row[2])) for row in rows]


def models(c: Connection, scope: Scope) -> list[str]:
    found: list[str] = []
    after = ""
    while (row := c.one(_NEXT_MODEL, account_id=scope.account_id, after=after)) and row[0]:
        after = row[0]
        found.append(after)
    return found


def drop_others(c: Connection, model: str) -> bool:
    """Drop some vectors of other models; whether there were any."""
    row = c.one(_OTHER_MODEL, model=model)
    if row is None:
        return False
    if not c.run(_DROP, model=row[0], most=DROPPED_AT_ONCE):
        c.do(_DROP_MARK, model=row[0])
    return True
