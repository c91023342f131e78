"""Calls of tools and their results on messages, and what a dialect says of a turn again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("detail", sa.Text(), nullable=True))
    op.add_column("turn", sa.Column("echo", sa.Text(), nullable=True))
