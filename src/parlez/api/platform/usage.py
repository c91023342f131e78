"""What was used."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import InvalidInput
from parlez.core.ledger import Grouping, UsageSum
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.fields import Time, uuid_of
from parlez.http.json_route import JsonRoute
from parlez.http.services import services
from parlez.http.times import iso_time

router = APIRouter(prefix="/api/usage", tags=["platform"], route_class=JsonRoute)

MOST_GROUPS = 1_000


class UsageGroup(BaseModel):
    group: str | None = Field(
        description="The model, the id of the key or the conversation, the kind, or the day (UTC). "
        "null gathers what was asked without a key."
    )
    calls: int = Field(description="Turns, and whatever else costs money.")
    turns: int
    prompt_tokens: int
    completion_tokens: int
    cost: float = Field(description="US dollars, without the calls whose price is not known.")
    unpriced_turns: int = Field(description="Calls whose price is not known.")
    estimated_turns: int = Field(description="Calls whose tokens are guessed.")
    seconds: float = Field(description="How long the models took, all calls together.")
    units: int | None = Field(
        description="By kind: texts that were embedded, milliseconds of sound that were "
        "transcribed, characters that were spoken."
    )


class UsageResponse(BaseModel):
    since: str
    until: str
    by: Grouping
    groups: list[UsageGroup]


_WITHOUT_SINCE = 30 * 86_400_000_000
"""Microseconds."""


@router.get("", summary="Read the ledger", responses=errors(ErrorResponse, 400, 401, 403, 503))
async def usage(
    request: Request,
    caller: DataCaller,
    by: Annotated[Grouping, Query(description="What to add up by.")] = Grouping.DAY,
    since: Annotated[
        Time | None, Query(description="From this time on; else 30 days back.")
    ] = None,
    until: Annotated[Time | None, Query(description="Before this time; else up to now.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_GROUPS)] = 100,
) -> UsageResponse:
    """What the account's calls used, added up. Turns that were stopped or failed count with what
    they are guessed to have used. The newest days come first, all else by how much was used."""
    ends = until or datetime.now(UTC) + timedelta(seconds=1)
    last = _microseconds(ends)
    first = _microseconds(since) if since else max(last - _WITHOUT_SINCE, 0)
    found = await services(request).ledger.sums(caller.scope, first, last, by, limit)
    return UsageResponse(
        since=iso_time(first),
        until=iso_time(last),
        by=by,
        groups=[_group(each, by) for each in found],
    )


def _group(found: UsageSum, by: Grouping) -> UsageGroup:
    return UsageGroup(
        group=_name(found.group, by),
        calls=found.calls,
        turns=found.turns,
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        cost=found.cost / 1_000_000,
        unpriced_turns=found.unpriced,
        estimated_turns=found.estimated,
        seconds=found.seconds,
        units=found.units if by is Grouping.KIND else None,
    )


def _name(group: str | int | None, by: Grouping) -> str | None:
    if isinstance(group, int):
        return iso_time(group)[:10]
    return uuid_of(group) if group and by is Grouping.CONVERSATION else group


def _microseconds(time: datetime) -> int:
    try:
        return int(time.astimezone(UTC).timestamp() * 1_000_000)
    except (OverflowError, ValueError):
        raise InvalidInput("since and until must be times of this era.") from None
