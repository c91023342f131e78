"""A page to talk on, with the microphone."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from parlez.http.security_headers import note_security, security_headers

PLACE = "/voice"

_POLICY = security_headers(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KEEP = {"Cache-Control": "public, max-age=300"}
_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = {
    "voice.css": "text/css; charset=utf-8",
    "voice.js": _SCRIPT,
    "microphone.js": _SCRIPT,
    "player.js": _SCRIPT,
    "capture.js": _SCRIPT,
}
"""What the page loads."""

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
    return HTMLResponse(_read("voice.html"), headers={"Cache-Control": "no-store"})


def _asset(name: str) -> Callable[[], Awaitable[Response]]:
    async def asset() -> Response:
        return Response(_read(name), media_type=_TYPES[name], headers=_KEEP)

    return asset


for _name in _TYPES:
    router.add_api_route(f"{PLACE}/{_name}", _asset(_name), include_in_schema=False)


def _read(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")
