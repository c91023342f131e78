"""The page on which an assistant is tried. It is the same for all: what it shows it asks the API
for, as whoever has it open."""

from importlib.resources import files

from fastapi import APIRouter, Request, Response

from parlez.http.security_headers import note_security, security_headers

_PAGE = security_headers(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/assistants/{assistant_number}/try")
async def page(request: Request, assistant_number: str) -> Response:
    note_security(request, _PAGE)
    return _file("try.html", "text/html; charset=utf-8")


@router.get("/assistants/try.css")
async def style() -> Response:
    return _file("try.css", "text/css; charset=utf-8")


@router.get("/assistants/try.js")
async def script() -> Response:
    return _file("try.js", "text/javascript; charset=utf-8")


def _file(name: str, media_type: str) -> Response:
    text = (files("parlez.api.assistants") / "page" / name).read_text(encoding="utf-8")
    return Response(text, media_type=media_type, headers={"Cache-Control": "no-cache"})
