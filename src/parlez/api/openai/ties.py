"""Which conversation a call belongs to."""

from collections.abc import Mapping

from parlez.api.openai.ids import conversation_id_of
from parlez.core.errors import InvalidInput

KEY = "conversation_id"
"""Where in its metadata a call names one of Parlez' conversations."""


def tied_to(metadata: Mapping[str, str] | None, conversation: str | None = None) -> str | None:
    """The conversation that a call is tied to, if it is. Raises `NotFound` for what is no id, and
    `InvalidInput` for two that differ."""
    named = {conversation_id_of(text) for text in ((metadata or {}).get(KEY), conversation) if text}
    if len(named) > 1:
        raise InvalidInput("Two different conversations were named.", param="conversation")
    return named.pop() if named else None
