"""Managing API keys."""

from datetime import timedelta

from fastapi import APIRouter, Request

from parlez.api.platform import encode
from parlez.api.platform.key_schemas import (
    CreateKeyRequest,
    KeyResponse,
    KeysResponse,
    NewKeyResponse,
    RotateKeyRequest,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.http.callers import KeysCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api/keys", tags=["platform"], route_class=JsonRoute)


@router.get("", summary="List keys", responses=errors(ErrorResponse, 401, 403, 503))
async def list_keys(request: Request, caller: KeysCaller) -> KeysResponse:
    """The keys of the account, revoked ones included, without their secrets."""
    found = await services(request).keys.list(caller.scope)
    return KeysResponse(keys=[encode.key(key) for key in found])


@router.post(
    "",
    summary="Make a key",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 503),
)
async def create_key(
    request: Request, body: CreateKeyRequest, caller: KeysCaller
) -> NewKeyResponse:
    """A new key of the account, which can do no more than its maker, and for no longer. It is in
    the answer and cannot be had again."""
    for right in body.scopes:
        caller.require(right)
    days = body.expires_in_days
    lifetime = timedelta(days=days) if days else None
    rights = frozenset(body.scopes)
    key, secret = await services(request).keys.create(
        caller.scope, body.name, rights, lifetime, at_most_until=caller.expires_at
    )
    return encode.new_key(key, secret)


@router.delete(
    "/{key_id}",
    summary="Revoke a key",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def revoke_key(request: Request, key_id: str, caller: KeysCaller) -> KeyResponse:
    """End a key at once, wherever it is in use."""
    return encode.key(await services(request).keys.revoke(caller.scope, key_id))


@router.post(
    "/{key_id}/rotate",
    summary="Rotate a key",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def rotate_key(
    request: Request, key_id: str, body: RotateKeyRequest, caller: KeysCaller
) -> NewKeyResponse:
    """A new key with the name and the scopes of an old one, which stays good for the overlap. It is
    in the answer and cannot be had again."""
    overlap = timedelta(seconds=body.overlap_seconds)
    key, secret = await services(request).keys.rotate(caller, key_id, overlap)
    return encode.new_key(key, secret)
