"""Assistants with their documents, conversations with them, and what their users sign up with."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NUMBERED = sa.text("number IS NOT NULL")
_TOKENS = sa.text("kind = 'token'")


def upgrade() -> None:
    op.create_table(
        "assistant",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("assistant_by_number", "assistant", ["account_id", "number"], unique=True)
    op.create_index("assistant_by_name", "assistant", ["account_id", "name"], unique=True)
    op.create_table(
        "assistant_document",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("assistant_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "assistant_id", "document_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "assistant_document_by_document", "assistant_document", ["account_id", "document_id"]
    )
    op.create_table(
        "number_series",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "document", sa.Column("disposable", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("conversation", sa.Column("assistant_id", sa.Text(), nullable=True))
    op.add_column("conversation", sa.Column("number", sa.Integer(), nullable=True))
    op.create_index(
        "conversation_by_number",
        "conversation",
        ["account_id", "number"],
        unique=True,
        sqlite_where=_NUMBERED,
        postgresql_where=_NUMBERED,
    )
    op.add_column("account", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("email", sa.Text(), nullable=True))
    op.create_index(
        "api_key_tokens",
        "api_key",
        ["account_id", "created_at"],
        sqlite_where=_TOKENS,
        postgresql_where=_TOKENS,
    )
