"""Calls other than turns in the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.Column("kind", sa.Text(), nullable=False, server_default="turn")
    units = sa.Column("units", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("ledger_entry", kind)
    op.add_column("ledger_entry", units)
