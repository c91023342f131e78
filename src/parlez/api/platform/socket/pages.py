"""A page to talk on, with the microphone."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from parlez.http.page_files import add_parts, read_file
from parlez.http.security_headers import note_security, security_headers

PLACE = "/voice"

_POLICY = security_headers(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
router = APIRouter(tags=["speech"])


@router.get(
    PLACE,
    summary="Open a page to talk on",
    response_class=Response,
    responses={200: {"description": "The page.", "content": {"text/html": {}}}},
)
async def page(request: Request) -> HTMLResponse:
    """For people with a microphone. There is nothing in it that needs a credential; it asks for one
    where the server does."""
    note_security(request, _POLICY)
    return HTMLResponse(read_file(__package__, "voice.html"), headers={"Cache-Control": "no-store"})


add_parts(
    router,
    __package__,
    PLACE,
    ["voice.css", "voice.js", "microphone.js", "player.js", "capture.js"],
)
