"""Taking possession of the server."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.platform.auth_schemas import Password, Username
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import Forbidden
from parlez.http.address import address_of
from parlez.http.documented import errors
from parlez.http.fields import Text
from parlez.http.json_route import JsonRoute
from parlez.http.services import Services, services

router = APIRouter(prefix="/api/owner", tags=["platform"], route_class=JsonRoute)


class CreateOwnerRequest(BaseModel):
    username: Username
    password: Password
    code: Annotated[
        Text | None,
        Field(description="What the server printed when it started, where that is needed."),
    ] = None


class OwnerResponse(BaseModel):
    username: str


@router.post(
    "",
    summary="Take possession",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 429, 503),
)
async def create_owner(request: Request, body: CreateOwnerRequest) -> OwnerResponse:
    """Give the server an owner with a password. From then on every request needs a credential, also
    from this machine. Only whoever sits at the machine can do this, or has the code that the server
    printed there; and only once."""
    inside = services(request)
    if inside.owner_code is not None and body.code is not None:
        inside.owner_code.check(body.code, address_of(request))
    else:
        await _require_machine(request, inside)
    made = await inside.accounts.create_owner(body.username, body.password.get_secret_value())
    return OwnerResponse(username=made)


async def _require_machine(request: Request, inside: Services) -> None:
    caller = await inside.gate.admit(request)
    if not caller.is_at_the_machine:
        raise Forbidden("Only whoever sits at the machine can make the owner.")
