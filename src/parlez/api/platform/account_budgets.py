"""What other accounts may spend, for owners."""

from fastapi import APIRouter, Request

from parlez.api.platform.budget_schemas import (
    BudgetResponse,
    BudgetsResponse,
    SetBudgetRequest,
    encode_budget,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.identity import Scope
from parlez.http.callers import AdminCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(
    prefix="/api/accounts/{account_id}/budgets", tags=["platform"], route_class=JsonRoute
)


@router.get(
    "", summary="List an account's budgets", responses=errors(ErrorResponse, 401, 403, 404, 503)
)
async def list_budgets(request: Request, account_id: str, caller: AdminCaller) -> BudgetsResponse:
    """The budgets of any account, and how they stand."""
    scope = await _scope(request, account_id)
    found = await services(request).budgets.list(scope)
    return BudgetsResponse(budgets=[encode_budget(each) for each in found])


@router.put(
    "",
    summary="Set an account's budget",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def set_budget(
    request: Request, account_id: str, body: SetBudgetRequest, caller: AdminCaller
) -> BudgetResponse:
    """Bound what any account, or one of its keys, may spend."""
    scope = await _scope(request, account_id)
    made = await services(request).budgets.set(
        scope, body.key_id, body.unit, body.period, body.in_its_unit
    )
    return encode_budget(made)


@router.delete(
    "/{budget_id}",
    summary="Remove an account's budget",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove_budget(
    request: Request, account_id: str, budget_id: str, caller: AdminCaller
) -> None:
    """Let an account, or its key, spend without that bound."""
    await services(request).budgets.remove(await _scope(request, account_id), budget_id)


async def _scope(request: Request, account_id: str) -> Scope:
    """The account, which must be there."""
    scope = Scope(account_id)
    await services(request).accounts.find(scope)
    return scope
