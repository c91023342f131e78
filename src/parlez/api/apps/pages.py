"""An app's chat as a web page, and what puts it on others."""

import html
import uuid
from string import Template

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from parlez.api.apps.schemas import ErrorResponse
from parlez.core.apps import Terms
from parlez.http.documented import Responses, errors
from parlez.http.page_files import SHARED, add_parts, read_file
from parlez.http.security_headers import note_security, security_headers
from parlez.http.visits import found_app

ASSETS = "/apps"

_PAGE: Responses = {200: {"description": "The page.", "content": {"text/html": {}}}}
_SCRIPT: Responses = {200: {"description": "The script.", "content": {"text/javascript": {}}}}

router = APIRouter(tags=["apps"])


@router.get(
    "/apps/{address:uuid}/chat",
    summary="Open an app's chat",
    response_class=Response,
    responses={**_PAGE, **errors(ErrorResponse, 401, 403, 404, 503)},
)
async def chat(request: Request, address: uuid.UUID) -> HTMLResponse:
    """A page to talk with the app, for people, alone or in a frame of a page of its origins."""
    found, _ = await found_app(request, address, heed_cookies=False)
    app = found.app
    filled = Template(read_file(__package__, "chat.html")).substitute(
        name=html.escape(app.name),
        app=f"{ASSETS}/{app.address}",
        model=html.escape(app.terms.default_model),
        assets=ASSETS,
        shared=SHARED,
    )
    note_security(request, security_headers(_policy(app.terms)))
    return HTMLResponse(filled, headers={"Cache-Control": "no-store"})


@router.get(
    "/apps/{address:uuid}/widget.js",
    summary="Load an app's widget",
    response_class=Response,
    responses={**_SCRIPT, **errors(ErrorResponse, 401, 403, 404, 503)},
)
async def widget(request: Request, address: uuid.UUID) -> Response:
    """A script that puts a button on a web page, which opens the app's chat."""
    await found_app(request, address, heed_cookies=False)
    note_security(request, security_headers("default-src 'none'", "cross-origin"))
    return Response(
        read_file(__package__, "widget.js"),
        media_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "public, max-age=300"},
    )


add_parts(router, __package__, ASSETS, ["chat.js"])


def _policy(terms: Terms) -> str:
    """The page loads nothing but its own parts, and stands in pages of the app's origins alone."""
    framing = " ".join(("'self'", *terms.origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framing}"
    )
