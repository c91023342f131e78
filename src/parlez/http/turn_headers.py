"""The headers that name the turn an answer belongs to."""

from collections.abc import Mapping

from fastapi import Request

from parlez.core.turns import Turn
from parlez.http.fields import uuid_of

TURN_ID = "Parlez-Turn-Id"
CONVERSATION_ID = "Parlez-Conversation-Id"


def note_turn(request: Request, turn: Turn) -> None:
    """Let whatever answers this request, an error included, name its turn."""
    request.state.turn_headers = {
        TURN_ID: uuid_of(turn.id),
        CONVERSATION_ID: uuid_of(turn.conversation_id),
    }


def noted_headers(state: Mapping[str, object]) -> Mapping[str, str]:
    """The headers for a request's state, if a turn was noted."""
    found = state.get("turn_headers")
    return found if isinstance(found, dict) else {}
