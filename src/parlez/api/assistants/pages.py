"""The page on which an assistant is tried. It is the same for all: what it shows it asks the API
for, as whoever has it open."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from parlez.http.page_files import add_parts, read_file
from parlez.http.security_headers import note_security, security_headers

_PAGE = security_headers(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/assistants/{assistant_number}/try")
async def page(request: Request, assistant_number: str) -> HTMLResponse:
    note_security(request, _PAGE)
    page = read_file(__package__, "try.html")
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


add_parts(router, __package__, "/assistants", ["try.css", "try.js"])
