"""Inviting others to the server."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform import access_encode
from parlez.api.platform.invitation_schemas import (
    CreateInvitationRequest,
    InvitationResponse,
    InvitationsResponse,
    NewInvitationResponse,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.http.callers import AdminCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

MOST_INVITATIONS = 500

router = APIRouter(prefix="/api/invitations", tags=["platform"], route_class=JsonRoute)


@router.get("", summary="List invitations", responses=errors(ErrorResponse, 400, 401, 403, 503))
async def list_invitations(
    request: Request,
    caller: AdminCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_INVITATIONS, description="At most so many.")] = 100,
    before: Annotated[str | None, Query(description="Only invitations before this one.")] = None,
) -> InvitationsResponse:
    """The invitations that the caller has made, newest first, without their codes."""
    found, next_before = await services(request).invitations.list(caller.scope, limit, before)
    return InvitationsResponse(
        invitations=[access_encode.invitation(each) for each in found], next=next_before
    )


@router.post(
    "",
    summary="Invite somebody",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 413, 415, 503),
)
async def create_invitation(
    request: Request, body: CreateInvitationRequest, caller: AdminCaller
) -> NewInvitationResponse:
    """A code with which one person can sign up, once. It is in the answer and cannot be had
    again."""
    made, code = await services(request).invitations.create(
        caller.scope, body.name, timedelta(days=body.expires_in_days)
    )
    return access_encode.new_invitation(made, code)


@router.delete(
    "/{invitation_id}",
    summary="Revoke an invitation",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def revoke_invitation(
    request: Request, invitation_id: str, caller: AdminCaller
) -> InvitationResponse:
    """End an invitation. One that was used stays as it is."""
    found = await services(request).invitations.revoke(caller.scope, invitation_id)
    return access_encode.invitation(found)
