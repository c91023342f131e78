"""The headers that name the turn an answer belongs to, and say how its caller's limits stand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request

from parlez.core.limits import Allowance
from parlez.core.turns import Turn
from parlez.http.fields import uuid_of
from parlez.http.limit_headers import limit_headers

TURN_ID = b"parlez-turn-id"
CONVERSATION_ID = b"parlez-conversation-id"


def note_turn(request: Request, turn: Turn, allowances: Sequence[Allowance] = ()) -> None:
    """Let whatever answers this request, an error included, name its turn and the limits."""
    request.state.turn_headers = (
        (TURN_ID, uuid_of(turn.id).encode()),
        (CONVERSATION_ID, uuid_of(turn.conversation_id).encode()),
        *_limits(allowances),
    )


def note_limits(request: Request, allowances: Sequence[Allowance]) -> None:
    """Let whatever answers this request, which is for no turn, say how its caller's limits
    stand."""
    request.state.turn_headers = _limits(allowances)


def _limits(allowances: Sequence[Allowance]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (name.lower().encode(), value.encode()) for name, value in limit_headers(allowances).items()
    )


def noted_headers(state: Mapping[str, Any]) -> Iterable[tuple[bytes, bytes]]:
    """The headers for a request's state, as ASGI has them; none if nothing was noted."""
    headers: Iterable[tuple[bytes, bytes]] = state.get("turn_headers", ())
    return headers
