"""Conversations as callers see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parlez.core.messages import Message


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept about a conversation besides its messages.

    `model` and `system_prompt` hold for turns that name none of their own. `template` is the name
    of the template that the system prompt was made from. Without a `title` the next message makes
    one. `assistant_id` is the assistant that answers: what it was told holds where there is no
    system prompt, and turns that do not ask for anything else are answered from its documents.
    `metadata` is the caller's own.
    """

    title: str | None = None
    description: str | None = None
    model: str | None = None
    system_prompt: str | None = field(default=None, repr=False)
    template: str | None = None
    assistant_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread of messages. `user_label` is the user it is with, None where that is the account
    itself. `head_id` is the message at the tip of the branch that callers see; `message_count`
    counts that branch. `number` is its short name in the account, if it was given one. `visitor` is
    whom the app `app_id` talks with in it; both are None for all conversations but those of apps.
    Times are microseconds since 1970, UTC."""

    id: str
    user_label: str | None
    head_id: str | None
    message_count: int
    created_at: int
    updated_at: int
    archived_at: int | None = None
    profile: Profile = Profile()
    number: int | None = None
    app_id: str | None = None
    visitor: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class History:
    """A conversation and the messages of its head branch, oldest first. `before` is the id to ask
    with for the messages before these; None when there are none."""

    conversation: Conversation
    messages: list[Message]
    before: str | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages of the head branch of a conversation, oldest first, of which `offset` others
    come before them. `after` is the id to ask with for those after these; None when there are
    none."""

    conversation: Conversation
    messages: list[Message]
    offset: int
    after: str | None
