"""What finds messages by their words and their meaning."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What has changed is noted by the database itself, so that nothing that stores, moves or deletes
# messages can forget it; the indexer looks at it, and takes the note away. An empty message id
# stands for a whole conversation. It is no part of an export: an import notes everything anew.
_CHANGES = """
    CREATE TABLE message_change (
        account_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        PRIMARY KEY (account_id, conversation_id, message_id)
    )
"""

_SAYS_SOMETHING = """
    new.content <> '' AND new.state NOT IN ('queued', 'running')
        AND new.role IN ('user', 'assistant')
"""

# Nothing but an index of words, as that of chunks is: its scope is indexed like words, and ends in
# a digit, which keeps the stemmer away from it. Deleting what is not in it would damage it.
_SCOPE = """
    'a' || {0}.account_id || '0 u' || {0}.account_id || 'x' || hex({0}.user_label) || '0 c'
        || {0}.conversation_id || '0 r' || {0}.role || '0'
"""

_SQLITE = (
    f"{_CHANGES} WITHOUT ROWID",
    *(
        f"""
        CREATE TRIGGER message_change_{name} AFTER {event} ON message WHEN {_SAYS_SOMETHING} BEGIN
            INSERT OR IGNORE INTO message_change
            VALUES (new.account_id, new.conversation_id, new.id);
        END
        """
        for name, event in (("insert", "INSERT"), ("update", "UPDATE OF content, state"))
    ),
    """
    CREATE TRIGGER message_rewritten BEFORE UPDATE OF content ON message
    WHEN old.content <> '' AND old.content <> new.content BEGIN
        DELETE FROM message_piece WHERE account_id = old.account_id AND message_id = old.id;
    END
    """,
    """
    CREATE TRIGGER message_gone BEFORE DELETE ON message BEGIN
        DELETE FROM message_piece WHERE account_id = old.account_id AND message_id = old.id;
        DELETE FROM message_change WHERE account_id = old.account_id
            AND conversation_id = old.conversation_id AND message_id = old.id;
    END
    """,
    """
    CREATE TRIGGER conversation_gone AFTER DELETE ON conversation BEGIN
        DELETE FROM message_change
        WHERE account_id = old.account_id AND conversation_id = old.id;
    END
    """,
    """
    CREATE VIRTUAL TABLE message_words USING fts5(
        scope, words, content = '', tokenize = 'porter unicode61'
    )
    """,
    f"""
    CREATE TRIGGER message_words_insert AFTER INSERT ON message_piece BEGIN
        INSERT INTO message_words (rowid, scope, words)
        SELECT new.serial, {_SCOPE.format("new")}, substr(content, new.start + 1, new.length)
        FROM message WHERE account_id = new.account_id AND id = new.message_id;
    END
    """,
    f"""
    CREATE TRIGGER message_words_delete BEFORE DELETE ON message_piece BEGIN
        INSERT INTO message_words (message_words, rowid, scope, words)
        SELECT 'delete', old.serial, {_SCOPE.format("old")},
            substr(content, old.start + 1, old.length)
        FROM message WHERE account_id = old.account_id AND id = old.message_id
            AND EXISTS (SELECT 1 FROM message_words_docsize WHERE id = old.serial);
        DELETE FROM message_vector WHERE account_id = old.account_id AND serial = old.serial;
    END
    """,
)


def _function(name: str, body: str, returned: str) -> str:
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {body} RETURN {returned}; END $$
    """


def _trigger(name: str, event: str, table: str, condition: str = "true") -> str:
    return f"""
        CREATE TRIGGER {name} {event} ON {table}
        FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()
    """


_FORGET_PIECES = """
    DELETE FROM message_piece WHERE account_id = old.account_id AND message_id = old.id;
"""

# English as the database has it drops words like "not", which SQLite finds too.
_WITHOUT_STOP_WORDS = (
    "CREATE TEXT SEARCH DICTIONARY parlez_english (TEMPLATE = snowball, LANGUAGE = english)",
    "CREATE TEXT SEARCH CONFIGURATION parlez_english (COPY = english)",
    """
    ALTER TEXT SEARCH CONFIGURATION parlez_english
    ALTER MAPPING REPLACE english_stem WITH parlez_english
    """,
)

# A label may be longer than a word can be.
_POSTGRESQL = (
    _CHANGES,
    *_WITHOUT_STOP_WORDS,
    _function(
        "message_changed",
        """
        INSERT INTO message_change VALUES (new.account_id, new.conversation_id, new.id)
        ON CONFLICT DO NOTHING;
        """,
        "NULL",
    ),
    _trigger(
        "message_changed",
        "AFTER INSERT OR UPDATE OF content, state",
        "message",
        _SAYS_SOMETHING,
    ),
    _function("message_rewritten", _FORGET_PIECES, "NULL"),
    _trigger(
        "message_rewritten",
        "AFTER UPDATE OF content",
        "message",
        "old.content <> '' AND old.content <> new.content",
    ),
    _function(
        "message_gone",
        f"""
        {_FORGET_PIECES}
        DELETE FROM message_change WHERE account_id = old.account_id
            AND conversation_id = old.conversation_id AND message_id = old.id;
        """,
        "NULL",
    ),
    _trigger("message_gone", "AFTER DELETE", "message"),
    _function(
        "conversation_gone",
        """
        DELETE FROM message_change
        WHERE account_id = old.account_id AND conversation_id = old.id;
        """,
        "NULL",
    ),
    _trigger("conversation_gone", "AFTER DELETE", "conversation"),
    "ALTER TABLE message_piece ADD COLUMN words tsvector",
    _function(
        "message_words",
        """
        SELECT array_to_tsvector(ARRAY[
            'a' || new.account_id || '0',
            'u' || new.account_id || 'x' || md5(new.user_label) || '0',
            'c' || new.conversation_id || '0',
            'r' || new.role || '0'
        ]) || to_tsvector('parlez_english', substr(content, new.start + 1, new.length))
        INTO new.words FROM message
        WHERE account_id = new.account_id AND id = new.message_id;
        """,
        "new",
    ),
    _trigger("message_words", "BEFORE INSERT", "message_piece"),
    "CREATE INDEX message_words ON message_piece USING gin (words)",
    _function(
        "message_piece_gone",
        "DELETE FROM message_vector WHERE account_id = old.account_id AND serial = old.serial;",
        "NULL",
    ),
    _trigger("message_piece_gone", "AFTER DELETE", "message_piece"),
)

_LOOK_AT_ALL = """
    INSERT INTO message_change
    SELECT account_id, id, '' FROM conversation WHERE head_id IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "message_piece",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("last_place", sa.Integer(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("user_label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "message_id", "place"),
    )
    op.create_index("message_piece_by_serial", "message_piece", ["serial"], unique=True)
    op.create_index(
        "message_piece_by_conversation", "message_piece", ["account_id", "conversation_id"]
    )
    op.create_table(
        "message_vector",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("user_label", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "serial", "model"),
    )
    op.create_index(
        "message_vector_codes",
        "message_vector",
        ["account_id", "model", "user_label", "serial", "code"],
    )
    op.create_table(
        "message_embedding",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(statement)
    op.execute(_LOOK_AT_ALL)
