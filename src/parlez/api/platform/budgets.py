"""What may be spent."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.platform.schemas import ErrorResponse
from parlez.core.budget import Budget, Period, Unit
from parlez.http.callers import KeysCaller
from parlez.http.documented import errors
from parlez.http.fields import Label
from parlez.http.json_route import JsonRoute
from parlez.http.services import services
from parlez.http.times import iso_time

router = APIRouter(prefix="/api/budgets", tags=["platform"], route_class=JsonRoute)

_MICRODOLLARS = 1_000_000


class SetBudgetRequest(BaseModel):
    key_id: Annotated[
        Label | None, Field(description="The key that it is for; else the whole account.")
    ] = None
    unit: Unit = Field(description="Tokens, or cost in US dollars.")
    period: Period = Field(description="After what it begins anew, by the calendar, in UTC.")
    amount: Annotated[Decimal, Field(ge=0, le=1_000_000_000, examples=[5])]


class BudgetResponse(BaseModel):
    id: str
    key_id: str | None
    unit: Unit
    period: Period
    amount: float
    spent: float
    reserved: float = Field(description="What turns that are under way may cost.")
    resets_at: str


class BudgetsResponse(BaseModel):
    budgets: list[BudgetResponse]


@router.get("", summary="List budgets", responses=errors(ErrorResponse, 401, 403, 503))
async def list_budgets(request: Request, caller: KeysCaller) -> BudgetsResponse:
    """The account's budgets, and how they stand."""
    found = await services(request).budgets.list(caller.scope)
    return BudgetsResponse(budgets=[_budget(each) for each in found])


@router.put(
    "",
    summary="Set a budget",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def set_budget(
    request: Request, body: SetBudgetRequest, caller: KeysCaller
) -> BudgetResponse:
    """Bound what the account, or one of its keys, may spend in a day or a month. What has been
    spent already counts. A call that might go beyond is refused with 429 before any model is
    asked."""
    amount = body.amount if body.unit is Unit.TOKENS else body.amount * _MICRODOLLARS
    made = await services(request).budgets.set(
        caller.scope, body.key_id, body.unit, body.period, int(amount)
    )
    return _budget(made)


@router.delete(
    "/{budget_id}",
    summary="Remove a budget",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove_budget(request: Request, budget_id: str, caller: KeysCaller) -> None:
    """Let the account, or the key, spend without that bound."""
    await services(request).budgets.remove(caller.scope, budget_id)


def _budget(found: Budget) -> BudgetResponse:
    scale = 1 if found.unit is Unit.TOKENS else _MICRODOLLARS
    return BudgetResponse(
        id=found.id,
        key_id=found.key_id,
        unit=found.unit,
        period=found.period,
        amount=found.amount / scale,
        spent=found.spent / scale,
        reserved=found.reserved / scale,
        resets_at=iso_time(found.resets_at),
    )
