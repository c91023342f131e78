"""Ids as the dialect spells them: what they name, and 32 hex digits."""

from parlez.http.fields import id_from_uuid


def conversation_id(row_id: str) -> str:
    return f"conv_{row_id}"


def message_id(row_id: str) -> str:
    return f"msg_{row_id}"


def feedback_id(row_id: str) -> str:
    return f"feedback_{row_id}"


def template_id(row_id: str) -> str:
    return f"template_{row_id}"


def read_conversation_id(text: str) -> str:
    """The row's id; another dialect's spelling, a UUID, is read too. What is no id names nothing:
    raises `NotFound`."""
    return id_from_uuid(text.removeprefix("conv_"), "conversation")


def read_message_id(text: str) -> str:
    """The row's id, read as `read_conversation_id` does."""
    return id_from_uuid(text.removeprefix("msg_"), "message")
