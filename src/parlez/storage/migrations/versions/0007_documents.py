"""Documents, their text in chunks, what finds those, and what answers rest on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Nothing but an index of words: the text is in `chunk`, whose triggers keep the two together. The
# scope is indexed like a word, so that a search walks the postings of one account alone. It ends
# in a digit, which keeps the stemmer away from it.
_SQLITE = (
    """
    CREATE VIRTUAL TABLE chunk_words USING fts5(
        scope, words, content = '', tokenize = 'porter unicode61'
    )
    """,
    """
    CREATE TRIGGER chunk_words_insert AFTER INSERT ON chunk BEGIN
        INSERT INTO chunk_words (rowid, scope, words) VALUES (
            new.serial,
            'a' || new.account_id || '0 d' || new.document_id || '0',
            new.heading || ' ' || new.content
        );
    END
    """,
    """
    CREATE TRIGGER chunk_words_delete AFTER DELETE ON chunk BEGIN
        INSERT INTO chunk_words (chunk_words, rowid, scope, words) VALUES (
            'delete',
            old.serial,
            'a' || old.account_id || '0 d' || old.document_id || '0',
            old.heading || ' ' || old.content
        );
    END
    """,
)

# The stemmer is that of English, as on SQLite: it does little to words of other languages.
_POSTGRESQL = (
    """
    ALTER TABLE chunk ADD COLUMN words tsvector
        GENERATED ALWAYS AS (to_tsvector('english', heading || ' ' || content)) STORED
    """,
    "CREATE INDEX chunk_words ON chunk USING gin (words)",
)


def upgrade() -> None:
    op.add_column("turn", sa.Column("sources", sa.Text(), nullable=True))
    op.add_column("turn", sa.Column("citations", sa.Text(), nullable=True))
    op.create_table(
        "document",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=True),
        sa.Column("indexed", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("document_by_time", "document", ["account_id", "created_at", "id"])
    op.create_index("document_by_file", "document", ["account_id", "sha256"])
    op.create_index("document_by_state", "document", ["state", "updated_at"])
    op.create_table(
        "document_page",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "document_id", "place"),
    )
    op.create_table(
        "chunk",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "document_id", "place"),
    )
    op.create_index("chunk_by_serial", "chunk", ["serial"], unique=True)
    op.create_table(
        "chunk_vector",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "model", "serial"),
    )
    op.create_index("chunk_vector_by_document", "chunk_vector", ["account_id", "document_id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(statement)
