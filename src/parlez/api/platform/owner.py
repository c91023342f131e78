"""Taking possession of the server."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from parlez.api.platform.schemas import ErrorResponse
from parlez.core.errors import Forbidden
from parlez.http.callers import KeysCaller
from parlez.http.documented import errors
from parlez.http.fields import Label
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api/owner", tags=["platform"], route_class=JsonRoute)


class CreateOwnerRequest(BaseModel):
    username: Annotated[Label, Field(examples=["ada"])]
    password: Annotated[SecretStr, Field(description="At least 10 characters.")]


class OwnerResponse(BaseModel):
    username: str


@router.post(
    "",
    summary="Take possession",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 503),
)
async def create_owner(
    request: Request, body: CreateOwnerRequest, caller: KeysCaller
) -> OwnerResponse:
    """Give the server an owner with a password. From then on every request needs a credential,
    also from this machine. Only whoever sits at the machine can do this, and only once."""
    if caller.key_id is not None:
        raise Forbidden("Only whoever sits at the machine can make the owner.")
    await services(request).accounts.create_owner(body.username, body.password.get_secret_value())
    return OwnerResponse(username=body.username)
