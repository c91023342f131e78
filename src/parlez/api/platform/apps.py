"""Apps: made, listed, changed, given another URL, removed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform.app_schemas import (
    AppResponse,
    AppsResponse,
    ChangeAppRequest,
    CreateAppRequest,
    app,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.identity import Right
from parlez.http.callers import KeysCaller
from parlez.http.documented import errors
from parlez.http.fields import id_from_uuid
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

MOST_LISTED = 200

# An app's URL lets others in, to what documents say and at the account's expense. Whoever sets that
# up must be one who could make a key for it.
router = APIRouter(prefix="/api/apps", tags=["apps"], route_class=JsonRoute)


@router.post(
    "",
    summary="Make an app",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
)
async def create(request: Request, body: CreateAppRequest, caller: KeysCaller) -> AppResponse:
    """Put a model, and documents, behind a URL of their own. The URL is a credential: it lets in
    whoever knows it, for as long as the app is there and keeps it."""
    caller.require(Right.DATA)
    inside = services(request)
    named = body.models or body.default_model
    usual = "" if named else inside.catalog.resolve(None).name
    made = await inside.apps.create(caller.scope, body.name, body.terms(usual), paused=body.paused)
    return app(request, made)


@router.get("", summary="List apps", responses=errors(ErrorResponse, 400, 401, 403, 404, 503))
async def list_apps(
    request: Request,
    caller: KeysCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    before: Annotated[
        str | None, Query(max_length=255, description="Only those before this one, by its id.")
    ] = None,
) -> AppsResponse:
    """The account's apps, newest first."""
    found, more = await services(request).apps.page(
        caller.scope, limit, _row_id(before) if before else None
    )
    return AppsResponse(apps=[app(request, each) for each in found], before=more)


@router.get(
    "/{app_id}",
    summary="Look at an app",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def read(request: Request, app_id: str, caller: KeysCaller) -> AppResponse:
    """How an app is."""
    return app(request, await services(request).apps.find(caller.scope, _row_id(app_id)))


@router.patch(
    "/{app_id}",
    summary="Change an app",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def change(
    request: Request, app_id: str, body: ChangeAppRequest, caller: KeysCaller
) -> AppResponse:
    """Change what is named. It holds for the next message; a paused app answers 403."""
    caller.require(Right.DATA)
    changed = await services(request).apps.change(
        caller.scope, _row_id(app_id), body.changes(), name=body.name, paused=body.paused
    )
    return app(request, changed)


@router.delete(
    "/{app_id}",
    summary="Remove an app",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove(request: Request, app_id: str, caller: KeysCaller) -> None:
    """Stop what an app is saying, and remove it. What was said to it stays with the account."""
    await services(request).apps.delete(caller.scope, _row_id(app_id))


@router.post(
    "/{app_id}/rotate-url",
    summary="Give an app another URL",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def rotate_url(request: Request, app_id: str, caller: KeysCaller) -> AppResponse:
    """From now on there is nothing at the old URL, and what was begun there is stopped."""
    return app(request, await services(request).apps.rotate(caller.scope, _row_id(app_id)))


def _row_id(app_id: str) -> str:
    return id_from_uuid(app_id, "app")
