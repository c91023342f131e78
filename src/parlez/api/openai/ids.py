"""Ids in OpenAI's spelling: what kind of thing it is, and the turn's or message's own id."""

import re

from parlez.core.errors import NotFound
from parlez.core.turns import Turn
from parlez.http.fields import id_from_uuid

_RESPONSE = re.compile(r"resp_([0-9a-f]{32})")
_CONVERSATION = re.compile(r"conv_([0-9a-f]{32})")


def completion_id(turn: Turn) -> str:
    return f"chatcmpl-{turn.id}"


def response_id(turn_id: str) -> str:
    return f"resp_{turn_id}"


def conversation_id(row_id: str) -> str:
    return f"conv_{row_id}"


def message_id(turn: Turn) -> str:
    return f"msg_{turn.answer_id}"


def call_item_id(turn: Turn, place: int) -> str:
    """The id of the item that calls a tool; the call itself has one of the model's."""
    return f"fc_{turn.answer_id}{place:02x}"


def turn_id_of(text: str) -> str:
    """The turn behind the id of a response. Raises `NotFound` for what is no such id,
    as for a turn that is not there."""
    match = _RESPONSE.fullmatch(text)
    if match is None:
        raise NotFound("There is no such turn.")
    return match[1]


def conversation_id_of(text: str) -> str:
    """The conversation behind an id, in this spelling or as a UUID, as the other dialects have it.
    Raises `NotFound` for what is neither."""
    match = _CONVERSATION.fullmatch(text)
    return match[1] if match else id_from_uuid(text, "conversation")
