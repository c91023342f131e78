"""The caller's own account."""

from fastapi import APIRouter, Request, Response

from parlez.api.platform.account_schemas import DeleteAccountRequest, ErasedResponse
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import InvalidInput
from parlez.core.identity import Caller
from parlez.http.callers import AccountCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import Services, services

router = APIRouter(prefix="/api/account", tags=["platform"], route_class=JsonRoute)


@router.delete(
    "",
    summary="Delete the account",
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 429, 503),
)
async def delete_account(
    request: Request, response: Response, body: DeleteAccountRequest, caller: AccountCaller
) -> ErasedResponse:
    """Stop what the account's turns are doing, and erase all that is kept of it. The answer says
    what that was. In a session it takes the password, otherwise the account's name."""
    inside = services(request)
    if caller.session_id is None:
        await _require_name(inside, caller, body.confirm)
    elif body.password is None:
        raise InvalidInput("Send the account's 'password'.")
    else:
        await inside.sign_in.confirm(caller.scope, body.password.get_secret_value())
    erased = await inside.accounts.erase(caller.scope)
    if caller.session_id is not None:
        inside.gate.cookie.take_away(response)
    return ErasedResponse(erased=dict(erased))


async def _require_name(inside: Services, caller: Caller, name: str | None) -> None:
    account = await inside.accounts.find(caller.scope)
    if name is None or name not in (account.username, account.id):
        raise InvalidInput("Send the account's username, or its id, as 'confirm'.")
