"""Lists of conversations."""

import re
from dataclasses import dataclass
from typing import Self

from parlez.core.conversations import Conversation
from parlez.core.errors import InvalidInput

_PATTERN = re.compile(r"(\d{1,18})-([0-9a-f]{32})")

MOST_SKIPPED = 10_000
"""Rows that a caller may skip; beyond that a cursor costs less."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The conversation that a page ended with, and when it was last changed."""

    updated_at: int
    conversation_id: str

    def __str__(self) -> str:
        return f"{self.updated_at}-{self.conversation_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises `InvalidInput` for anything else."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InvalidInput("cursor is none of this list: send back the `next_cursor` you got")
        return cls(int(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which conversations to list: those with one user, whom None makes the account itself, or with
    all users; those that are archived, or those that are not. `after` skips what other pages had,
    and `offset` so many more."""

    user_label: str | None = None
    all_users: bool = False
    archived: bool = False
    limit: int = 10
    offset: int = 0
    after: ListPlace | None = None


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Conversations, the last changed first, without their system prompts; `total` counts all that
    the query asks for, and `next` leads to those after these, if there are any."""

    conversations: list[Conversation]
    total: int
    next: ListPlace | None


def check_offset(offset: int) -> None:
    """Raises `InvalidInput` for an offset that would cost too much."""
    if offset > MOST_SKIPPED:
        raise InvalidInput(
            f"offset: at most {MOST_SKIPPED:,} can be skipped. Send the `next_cursor` of the page "
            "before as `cursor` instead."
        )
