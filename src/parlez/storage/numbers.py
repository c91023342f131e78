"""Numbers that count the things of an account, for callers who know no other ids."""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.storage.connection import Connection

# Whoever takes a number holds the series until the end of the transaction.
_NEXT = text("""
    INSERT INTO number_series (account_id, name, last) VALUES (:account_id, :name, 1)
    ON CONFLICT (account_id, name) DO UPDATE SET last = number_series.last + 1
    RETURNING last
""")

_HOLD = text("""
    UPDATE number_series SET last = last WHERE account_id = :account_id AND name = :name
""")

ASSISTANTS = "assistant"
CONVERSATIONS = "conversation"
ACCOUNTS = "account"

SERVER = Scope("")
"""Whose series the numbers of accounts are."""


def take(c: Connection, scope: Scope, name: str) -> int:
    """The next number of a series, which begins with 1."""
    row = c.one(_NEXT, account_id=scope.account_id, name=name)
    assert row is not None
    return int(row[0])


def hold(c: Connection, scope: Scope, name: str) -> None:
    """Keep everyone else from taking a number until the end of the transaction."""
    c.do(_HOLD, account_id=scope.account_id, name=name)
