"""Signing up, and tokens for a password."""

from fastapi import APIRouter, Request

from parlez.api.assistants.bodies import documented_body, sent
from parlez.api.assistants.schemas import (
    CreateUserRequest,
    ErrorResponse,
    TokenRequest,
    TokenResponse,
    UserResponse,
)
from parlez.core.errors import Unauthenticated
from parlez.core.identity import Caller, Right, Scope
from parlez.http.address import address_of
from parlez.http.documented import errors
from parlez.http.services import services

router = APIRouter(prefix="/api/v1", tags=["assistants"])


@router.post(
    "/users",
    summary="Create a user",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 503),
    openapi_extra=documented_body(CreateUserRequest),
)
async def create_user(request: Request) -> UserResponse:
    """Make an account. Whether everyone may, or only who has an invitation, is the operator's
    decision; an owner of the server always may."""
    inside = services(request)
    is_owner = await _is_owner(request)
    async with sent(request, CreateUserRequest) as body:
        user = body.fields
    made = await inside.sign_up.sign_up(
        user.username,
        user.password.get_secret_value(),
        user.code,
        address_of(request),
        email=user.email,
        is_for_owner=is_owner,
    )
    return UserResponse(id=made.number or 0, username=made.username or "", email=user.email)


@router.post(
    "/tokens",
    summary="Obtain a token",
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 503),
    openapi_extra=documented_body(TokenRequest),
)
async def create_token(request: Request) -> TokenResponse:
    """A new token for the data of an account. An account has at most 20, of which the one that was
    not used for longest ends when there is another; and one that is not used for 30 days ends."""
    async with sent(request, TokenRequest) as body:
        user = body.fields
    inside = services(request)
    login = await inside.sign_in.authenticate(
        user.username, user.password.get_secret_value(), address_of(request)
    )
    secret = await inside.keys.create_token(Scope(login.account.id))
    return TokenResponse(token=secret.text)


async def _is_owner(request: Request) -> bool:
    """Whether a request comes from an owner of the server. Raises as `Gate.admit` does for a
    credential that is wrong."""
    gate = services(request).gate
    try:
        caller: Caller = await gate.admit(request)
    except Unauthenticated:
        if gate.is_shown_one(request):
            raise
        return False
    return Right.ADMIN in caller.rights
