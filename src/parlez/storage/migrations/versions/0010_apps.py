"""Apps, and their visitors' conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_index("app_by_address", "app", ["address"], unique=True)
    op.create_index("app_by_time", "app", ["account_id", "created_at", "id"])
    for table in ("conversation", "turn"):
        op.add_column(table, sa.Column("app_id", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("visitor", sa.Text(), nullable=True))
    op.add_column("turn", sa.Column("recalls", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(
        "conversation_of_visitor",
        "conversation",
        ["account_id", "app_id", "visitor"],
        unique=True,
        sqlite_where=sa.text("app_id IS NOT NULL"),
        postgresql_where=sa.text("app_id IS NOT NULL"),
    )
