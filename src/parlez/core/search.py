"""Searching what was said: what is asked, and what is found."""

from dataclasses import dataclass

from parlez.core.messages import Role

MOST_FOUND = 100
"""Messages or conversations in one answer."""

MOST_SKIPPED = 1_000
"""Better ones that may be left out before them."""

LONGEST_QUERY = 4_000
"""In characters."""


@dataclass(frozen=True, slots=True)
class Within:
    """Where to look, inside of an account: with one user, whom None makes the account itself; or in
    one conversation, with whomever it is. `role` leaves one side of it."""

    user_label: str | None = None
    conversation_id: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for, and which of what is found: so many, after so many better ones."""

    text: str
    within: Within = Within()
    limit: int = 10
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message that was found. `content` is all of it, or the part of a long one that fits best,
    and `score` says how well that fits, from 0 to 1. The times are in microseconds since 1970, UTC;
    the last two are of the conversation."""

    message_id: str
    conversation_id: str
    title: str | None
    role: Role
    content: str
    created_at: int
    begun_at: int
    updated_at: int
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the best first. `by_meaning` is false where words alone decided, and
    `tokens` are what it took to embed the query."""

    messages: list[FoundMessage]
    by_meaning: bool
    tokens: int
