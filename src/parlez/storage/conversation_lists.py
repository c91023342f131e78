"""Lists of conversations, as rows."""

from sqlalchemy import TextClause, text

from parlez.core.conversation_list import ConversationPage, ListPlace, ListQuery
from parlez.core.conversations import Conversation
from parlez.core.identity import Scope
from parlez.storage import conversation_counts
from parlez.storage.connection import Connection
from parlez.storage.conversations import read_conversation

_LATEST = ListPlace(2**62, "")


def _statement(whose: str, archived: str) -> TextClause:
    # What is compared with a constant is also sorted by, or PostgreSQL would not see that the index
    # of the user's label has the order already.
    label = "user_label DESC, " if whose else ""
    return text(f"""
        SELECT id, user_label, head_id, message_count, created_at, updated_at, archived_at,
            title, description, model, NULL, template, assistant_id, metadata, number, app_id,
            visitor
        FROM conversation
        WHERE account_id = :account_id {whose} AND archived_at IS {archived}
            AND (updated_at, id) < (:updated_at, :id)
        ORDER BY {label}updated_at DESC, id DESC LIMIT :limit OFFSET :offset
    """)


_OF_ALL, _OF_ACCOUNT, _OF_USER = (
    {
        archived: _statement(whose, state)
        for archived, state in ((False, "NULL"), (True, "NOT NULL"))
    }
    for whose in ("", "AND user_label IS NULL", "AND user_label = :user_label")
)


def page(c: Connection, scope: Scope, query: ListQuery) -> ConversationPage:
    after = query.after or _LATEST
    who = conversation_counts.who(query.user_label)
    parameters: dict[str, str] = {}
    if query.all_users:
        statements, who = _OF_ALL, conversation_counts.ALL
    elif query.user_label is None:
        statements = _OF_ACCOUNT
    else:
        statements, parameters = _OF_USER, {"user_label": query.user_label}
    rows = c.all(
        statements[query.archived],
        account_id=scope.account_id,
        updated_at=after.updated_at,
        id=after.conversation_id,
        limit=query.limit + 1,
        offset=query.offset,
        **parameters,
    )
    found = [read_conversation(row) for row in rows[: query.limit]]
    return ConversationPage(
        found,
        conversation_counts.total(c, scope, who, query.archived),
        _place(found[-1]) if len(rows) > query.limit else None,
    )


def _place(conversation: Conversation) -> ListPlace:
    return ListPlace(conversation.updated_at, conversation.id)
