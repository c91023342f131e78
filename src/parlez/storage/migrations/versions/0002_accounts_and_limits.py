"""Accounts with roles, tiers and passwords; two kinds of keys; what is remembered of limited calls.

The one account that there could be until now is the owner's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("role", sa.Text(), nullable=False, server_default="owner"))
    op.add_column("account", sa.Column("tier", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("password_hash", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("kind", sa.Text(), nullable=False, server_default="parlez"))
    op.add_column("turn", sa.Column("key_id", sa.Text(), nullable=True))
    op.create_table(
        "server_secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "metered_call",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "subject", "created_at", "turn_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("metered_call_by_time", "metered_call", ["created_at"])
