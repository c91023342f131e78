"""The schema, as SQLAlchemy tables.

Rows lead with their account, so that one account's rows lie together and the tables can be
sharded by it. Times are microseconds since 1970 (UTC) and everything else is text or integer, so
that a row reads the same from every driver.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("role", Text, nullable=False, server_default="owner"),
    Column("tier", Text),
    Column("password_hash", Text),
    Column("disabled_at", BigInteger),
    Column("number", Integer),
    Column("email", Text),
    Index("account_by_time", "created_at", "id"),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("invitation_by_time", "account_id", "created_at", "id"),
)

server_secret = Table(
    "server_secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("kind", Text, nullable=False, server_default="parlez"),
    Index(
        "api_key_tokens",
        "account_id",
        "created_at",
        sqlite_where=text("kind = 'token'"),
        postgresql_where=text("kind = 'token'"),
    ),
)

conversation = Table(
    "conversation",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("user_label", Text),
    Column("head_id", Text),
    Column("message_count", Integer, nullable=False),
    Column("turn_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("title", Text),
    Column("description", Text),
    Column("model", Text),
    Column("system_prompt", Text),
    Column("template", Text),
    Column("metadata", Text),
    Column("archived_at", BigInteger),
    Column("assistant_id", Text),
    # What a dialect calls it that knows integers alone.
    Column("number", Integer),
    Column("app_id", Text),
    Column("visitor", Text),
    PrimaryKeyConstraint("account_id", "id"),
    Index(
        "conversation_by_number",
        "account_id",
        "number",
        unique=True,
        sqlite_where=text("number IS NOT NULL"),
        postgresql_where=text("number IS NOT NULL"),
    ),
    # A visitor of an app has one conversation with it.
    Index(
        "conversation_of_visitor",
        "account_id",
        "app_id",
        "visitor",
        unique=True,
        sqlite_where=text("app_id IS NOT NULL"),
        postgresql_where=text("app_id IS NOT NULL"),
    ),
    # Lists are of one user or of all, and hold either what is archived or what is not.
    *(
        Index(
            f"conversation_{name}",
            "account_id",
            *columns,
            "updated_at",
            "id",
            sqlite_where=text(f"archived_at IS {state}"),
            postgresql_where=text(f"archived_at IS {state}"),
        )
        for name, columns, state in (
            ("of_all", (), "NULL"),
            ("of_user", ("user_label",), "NULL"),
            ("archived_of_all", (), "NOT NULL"),
            ("archived_of_user", ("user_label",), "NOT NULL"),
        )
    ),
)

# `who` is `all`, or `user:` and a user's label. A count is the sum over its slots, so that many
# conversations of one account can begin at once: each is counted in the slot that its id ends with.
conversation_count = Table(
    "conversation_count",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("active", Integer, nullable=False),
    Column("archived", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "who", "slot"),
    sqlite_with_rowid=False,
)

template = Table(
    "template",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("system_prompt", Text, nullable=False),
    Column("variables", Text, nullable=False),
    Column("example_usage", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "name"),
)

# `user_label` is empty where the account itself speaks.
feedback = Table(
    "feedback",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("user_label", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("value", Integer),
    Column("comment", Text),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "conversation_id", "message_id", "user_label", "type"),
    Index("feedback_by_time", "account_id", "conversation_id", "created_at", "id"),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("parent_id", Text),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    # JSON: the tools that it calls, or which call it answers.
    Column("detail", Text),
    PrimaryKeyConstraint("account_id", "id"),
    Index("message_by_conversation", "account_id", "conversation_id"),
)

turn = Table(
    "turn",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("user_message_id", Text, nullable=False),
    Column("answer_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("stream", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Column("system_prompt", Text),
    Column("options", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_retryable", Integer),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("usage_estimated", Integer),
    Column("left_out", Integer, nullable=False),
    Column("log_end", Integer, nullable=False),
    Column("log_kept", Integer, nullable=False),
    Column("key_id", Text),
    Column("reserved_tokens", BigInteger),
    Column("reserved_cost", BigInteger),
    Column("kind", Text, nullable=False, server_default="say"),
    Column("target_id", Text),
    # JSON: what its dialect says of it again.
    Column("echo", Text),
    Column("sources", Text),
    Column("citations", Text),
    Column("app_id", Text),
    Column("visitor", Text),
    Column("recalls", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("account_id", "id"),
    Index("turn_by_conversation", "account_id", "conversation_id"),
    # One turn at a time: the database itself refuses a second.
    Index(
        "turn_running",
        "account_id",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    Index(
        "turn_open",
        "account_id",
        "conversation_id",
        "position",
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index(
        "turn_log_kept",
        "ended_at",
        sqlite_where=text("log_kept = 1"),
        postgresql_where=text("log_kept = 1"),
    ),
)

turn_event = Table(
    "turn_event",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "turn_id", "number"),
    sqlite_with_rowid=False,
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "route", "key"),
    Index("idempotency_key_by_time", "created_at"),
    sqlite_with_rowid=False,
)

metered_call = Table(
    "metered_call",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("turn_id", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "subject", "created_at", "turn_id"),
    Index("metered_call_by_time", "created_at"),
    sqlite_with_rowid=False,
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("key_id", Text),
    Column("conversation_id", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("estimated", Integer, nullable=False),
    Column("cost", BigInteger),
    Column("microseconds", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, server_default="turn"),
    Column("units", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("account_id", "id"),
    Index("ledger_entry_by_time", "account_id", "ended_at"),
)

budget = Table(
    "budget",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    Index("budget_by_subject", "account_id", "key_id", "unit", "period", unique=True),
)

# The address is what it is reached by, and a secret of those who are let in by it.
app = Table(
    "app",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    # JSON: everything else that its account says of it.
    Column("terms", Text, nullable=False),
    Column("paused_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    Index("app_by_address", "address", unique=True),
    Index("app_by_time", "account_id", "created_at", "id"),
)

document = Table(
    "document",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("pages", Integer),
    Column("characters", BigInteger, nullable=False),
    # Null until all of the text is there.
    Column("chunks", Integer),
    Column("indexed", Integer, nullable=False),
    # Whose vectors are complete; null until it is ready, empty if it has none.
    Column("model", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # 1 for what was only ever uploaded to something that draws on it: it goes when nothing does.
    Column("disposable", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("account_id", "id"),
    Index("document_by_time", "account_id", "created_at", "id"),
    Index("document_by_file", "account_id", "sha256"),
    Index("document_by_state", "state", "updated_at"),
)

assistant = Table(
    "assistant",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("company_name", Text, nullable=False),
    Column("instructions", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "id"),
    Index("assistant_by_number", "account_id", "number", unique=True),
    Index("assistant_by_name", "account_id", "name", unique=True),
)

assistant_document = Table(
    "assistant_document",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("assistant_id", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "assistant_id", "document_id"),
    Index("assistant_document_by_document", "account_id", "document_id"),
    sqlite_with_rowid=False,
)

# The last number given to a kind of thing. None is given twice, also when things are deleted.
number_series = Table(
    "number_series",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "name"),
    sqlite_with_rowid=False,
)

document_page = Table(
    "document_page",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("number", Integer),
    Column("start", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "document_id", "place"),
)

# Its words are indexed by the database itself, differently on each kind; see the migration. What
# is stored, moved or deleted in whatever way is thereby found, or not, accordingly.
chunk = Table(
    "chunk",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("page", Integer),
    Column("start", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "document_id", "place"),
    Index("chunk_by_serial", "serial", unique=True),
)

# Vectors are text, in base 64, so that these rows too read the same from every driver.
chunk_vector = Table(
    "chunk_vector",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("document_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("direction", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "model", "serial"),
    Index("chunk_vector_by_document", "account_id", "document_id"),
)

# A message is found by its pieces. Its words are indexed by the database itself, and what has to be
# indexed is noted by it, in `message_change`; see the migration. Where nobody is named as the user,
# `user_label` is empty. `serial` is given in the order in which pieces are stored, and never again.
message_piece = Table(
    "message_piece",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("last_place", Integer, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("user_label", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "message_id", "place"),
    Index("message_piece_by_serial", "serial", unique=True),
    Index("message_piece_by_conversation", "account_id", "conversation_id"),
)

# The codes of one user are read out of their index alone.
message_vector = Table(
    "message_vector",
    metadata,
    Column("account_id", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("user_label", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("direction", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "serial", "model"),
    Index("message_vector_codes", "account_id", "model", "user_label", "serial", "code"),
)

# Up to which piece, of all accounts, a model has given vectors.
message_embedding = Table(
    "message_embedding",
    metadata,
    Column("model", Text, primary_key=True),
    Column("serial", BigInteger, nullable=False),
)
