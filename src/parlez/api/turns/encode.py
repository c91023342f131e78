"""Turns, as their routes spell them."""

from dataclasses import asdict

from parlez.api.turns.schemas import TurnErrorResponse, TurnResponse, UsageResponse
from parlez.core.prices import PriceList
from parlez.core.turns import EndedTurn, TurnError
from parlez.http.citations import citation_responses
from parlez.http.fields import uuid_of
from parlez.http.times import iso_time


def turn(found: EndedTurn, prices: PriceList) -> TurnResponse:
    turn = found.turn
    return TurnResponse(
        id=uuid_of(turn.id),
        conversation_id=uuid_of(turn.conversation_id),
        state=turn.state,
        reason=turn.reason,
        model=turn.model,
        attempt=turn.attempt,
        text=found.text,
        usage=UsageResponse(**asdict(turn.usage)) if turn.usage else None,
        cost_microdollars=prices.cost(turn.model, turn.usage),
        error=_error(turn.error) if turn.error else None,
        citations=citation_responses(turn.citations),
        left_out=turn.left_out,
        created_at=iso_time(turn.created_at),
    )


def _error(error: TurnError) -> TurnErrorResponse:
    return TurnErrorResponse(code=error.code, message=error.message, retryable=error.retryable)
