"""Signing up, in and out."""

from fastapi import APIRouter, Request, Response

from parlez.api.platform import access_encode
from parlez.api.platform.auth_schemas import (
    ChangePasswordRequest,
    MeResponse,
    SessionResponse,
    SignInRequest,
    SignUpRequest,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import InvalidInput
from parlez.core.identity import Scope
from parlez.http.address import address_of
from parlez.http.callers import AccountCaller, AnyCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api/auth", tags=["platform"], route_class=JsonRoute)


@router.post(
    "/signup",
    summary="Sign up",
    status_code=201,
    responses=errors(ErrorResponse, 400, 403, 409, 413, 415, 429, 503),
)
async def sign_up(request: Request, response: Response, body: SignUpRequest) -> SessionResponse:
    """Make an account, and sign in to it. Whether everyone may, or only who has an invitation, is
    the operator's decision."""
    inside = services(request)
    account = await inside.sign_up.sign_up(
        body.username, body.password.get_secret_value(), body.code, address_of(request)
    )
    session, secret = await inside.sessions.open(Scope(account.id))
    inside.gate.cookie.give(response, secret)
    return access_encode.session(account, session, secret)


@router.post(
    "/login",
    summary="Sign in",
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 429, 503),
)
async def sign_in(request: Request, response: Response, body: SignInRequest) -> SessionResponse:
    """Begin a session, which the answer's cookie keeps."""
    inside = services(request)
    account, session, secret = await inside.sign_in.sign_in(
        body.username, body.password.get_secret_value(), address_of(request)
    )
    inside.gate.cookie.give(response, secret)
    return access_encode.session(account, session, secret)


@router.post(
    "/logout",
    summary="Sign out",
    status_code=204,
    responses=errors(ErrorResponse, 400, 401, 403, 503),
)
async def sign_out(request: Request, response: Response, caller: AnyCaller) -> None:
    """End the session at once: open streams of it end and its turns stop."""
    if caller.session_id is None:
        raise InvalidInput("There is no session to end: the request was let in without one.")
    inside = services(request)
    await inside.sessions.end(caller.scope, caller.session_id)
    inside.gate.cookie.take_away(response)


@router.get("/me", summary="Who am I?", responses=errors(ErrorResponse, 401, 503))
async def me(request: Request, caller: AnyCaller) -> MeResponse:
    """The account of the credential, and what that may be used for."""
    inside = services(request)
    account = await inside.accounts.find(caller.scope)
    return access_encode.me(caller, account, inside.gate.session_secret(request))


@router.post(
    "/password",
    summary="Change the password",
    status_code=204,
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 429, 503),
)
async def change_password(
    request: Request, body: ChangePasswordRequest, caller: AccountCaller
) -> None:
    """Takes the old one. All other sessions of the account end."""
    await services(request).sign_in.change_password(
        caller.scope,
        caller.session_id,
        body.old_password.get_secret_value(),
        body.new_password.get_secret_value(),
    )
