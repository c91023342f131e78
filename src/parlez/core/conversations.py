"""Conversations as callers see them."""

from dataclasses import dataclass

from parlez.core.messages import Message


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread of messages. `head_id` is the message at the tip of the branch that callers see;
    `message_count` counts that branch. Times are microseconds since 1970, UTC."""

    id: str
    user_label: str | None
    head_id: str | None
    message_count: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class History:
    """A conversation and the messages of its head branch, oldest first. `before` is the id to ask
    with for the messages before these; None when there are none."""

    conversation: Conversation
    messages: list[Message]
    before: str | None
