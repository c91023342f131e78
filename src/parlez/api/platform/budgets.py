"""What may be spent."""

from fastapi import APIRouter, Request

from parlez.api.platform.budget_schemas import (
    BudgetResponse,
    BudgetsResponse,
    SetBudgetRequest,
    encode_budget,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import Forbidden
from parlez.core.identity import Caller, Right
from parlez.http.callers import KeysCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api/budgets", tags=["platform"], route_class=JsonRoute)


@router.get("", summary="List budgets", responses=errors(ErrorResponse, 401, 403, 503))
async def list_budgets(request: Request, caller: KeysCaller) -> BudgetsResponse:
    """The account's budgets, and how they stand."""
    found = await services(request).budgets.list(caller.scope)
    return BudgetsResponse(budgets=[encode_budget(each) for each in found])


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
    asked. A whole account is bounded by an owner alone."""
    if body.key_id is None:
        _require_owner(caller)
    made = await services(request).budgets.set(
        caller.scope, body.key_id, body.unit, body.period, body.in_its_unit
    )
    return encode_budget(made)


@router.delete(
    "/{budget_id}",
    summary="Remove a budget",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove_budget(request: Request, budget_id: str, caller: KeysCaller) -> None:
    """Let the account, or the key, spend without that bound."""
    budgets = services(request).budgets
    if any(
        each.key_id is None for each in await budgets.list(caller.scope) if each.id == budget_id
    ):
        _require_owner(caller)
    await budgets.remove(caller.scope, budget_id)


def _require_owner(caller: Caller) -> None:
    if Right.ADMIN not in caller.rights:
        raise Forbidden("What a whole account may spend is for an owner of the server to say.")
