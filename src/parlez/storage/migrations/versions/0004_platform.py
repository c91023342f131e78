"""Conversations with titles, descriptions, models, prompts and an archive, and how many there are;
templates; feedback; turns that answer anew, edit or go on.

A conversation that there is already gets its title from its first message.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TITLES = sa.text("""
    UPDATE conversation SET title = (
        SELECT substr(trim(replace(content, :newline, ' ')), 1, 60) FROM message
        WHERE message.account_id = conversation.account_id
            AND message.conversation_id = conversation.id
            AND message.role = 'user' AND message.parent_id IS NULL AND message.content <> ''
        ORDER BY message.created_at LIMIT 1
    )
""")

_COUNT = """
    INSERT INTO conversation_count (account_id, who, slot, active, archived)
    SELECT account_id, {who}, substr(id, length(id)), count(*), 0 FROM conversation
    GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    for name in ("title", "description", "model", "system_prompt", "template", "metadata"):
        op.add_column("conversation", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("conversation", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    for name, columns, state in (
        ("of_all", (), "NULL"),
        ("of_user", ("user_label",), "NULL"),
        ("archived_of_all", (), "NOT NULL"),
        ("archived_of_user", ("user_label",), "NOT NULL"),
    ):
        op.create_index(
            f"conversation_{name}",
            "conversation",
            ["account_id", *columns, "updated_at", "id"],
            sqlite_where=sa.text(f"archived_at IS {state}"),
            postgresql_where=sa.text(f"archived_at IS {state}"),
        )
    op.create_table(
        "conversation_count",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "who", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "template",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("example_usage", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "feedback",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("user_label", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "conversation_id", "message_id", "user_label", "type"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "feedback_by_time", "feedback", ["account_id", "conversation_id", "created_at", "id"]
    )
    op.add_column("turn", sa.Column("kind", sa.Text(), nullable=False, server_default="say"))
    op.add_column("turn", sa.Column("target_id", sa.Text(), nullable=True))
    op.get_bind().execute(_TITLES, {"newline": "\n"})
    for who in ("'all'", "'user:' || coalesce(user_label, '')"):
        op.execute(_COUNT.format(who=who))
