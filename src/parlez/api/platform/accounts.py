"""Managing the accounts of the server. It tells nothing of what is said in them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform import access_encode
from parlez.api.platform.account_schemas import (
    AccountResponse,
    AccountsResponse,
    ChangeAccountRequest,
    ErasedResponse,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import Conflict
from parlez.core.identity import Scope
from parlez.http.callers import AdminCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

MOST_ACCOUNTS = 500

router = APIRouter(prefix="/api/accounts", tags=["platform"], route_class=JsonRoute)


@router.get("", summary="List accounts", responses=errors(ErrorResponse, 400, 401, 403, 503))
async def list_accounts(
    request: Request,
    caller: AdminCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_ACCOUNTS, description="At most so many.")] = 100,
    after: Annotated[str | None, Query(description="Only accounts behind this one.")] = None,
) -> AccountsResponse:
    """The accounts there are, oldest first."""
    found, behind = await services(request).accounts.list(limit, after)
    return AccountsResponse(
        accounts=[access_encode.account(account) for account in found], next=behind
    )


@router.patch(
    "/{account_id}",
    summary="Change an account",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def change_account(
    request: Request, account_id: str, body: ChangeAccountRequest, caller: AdminCaller
) -> AccountResponse:
    """Give an account another role or tier, disable it, or enable it again. It takes effect at
    once: the streams of a disabled account end, and its turns stop. There is always an owner."""
    changed = await services(request).accounts.change(
        account_id,
        role=body.role,
        tier=(body.tier,) if "tier" in body.model_fields_set else None,
        disabled=body.disabled,
    )
    return access_encode.account(changed)


@router.delete(
    "/{account_id}",
    summary="Delete an account",
    responses=errors(ErrorResponse, 401, 403, 404, 409, 503),
)
async def delete_account(request: Request, account_id: str, caller: AdminCaller) -> ErasedResponse:
    """Erase another account and all that is kept of it. The answer says what that was."""
    if account_id == caller.scope.account_id:
        raise Conflict("This is your own account. DELETE /api/account erases it.")
    return ErasedResponse(erased=dict(await services(request).accounts.erase(Scope(account_id))))
