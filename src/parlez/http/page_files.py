"""What pages are made of: files that lie in the folder `page` of the package that serves them."""

from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePath

from fastapi import APIRouter, Request, Response

SHARED = "/page"
"""Where the parts are that several pages load."""

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

_SHARED_PARTS = (
    "chat.css",
    "composer.js",
    "conversation.js",
    "events.js",
    "notice.js",
    "patience.js",
    "text.js",
    "uuid.js",
)


def read_file(package: str, name: str) -> str:
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def add_parts(router: APIRouter, package: str, address: str, names: Iterable[str]) -> None:
    """Serve styles and scripts of a package below an address."""
    for name in names:
        router.add_api_route(f"{address}/{name}", _part(package, name), include_in_schema=False)


def _part(package: str, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def part(request: Request) -> Response:
        # Browsers ask each time whether a part has changed: parts of two versions do not fit.
        content = read_file(package, name).encode()
        tag = f'"{sha256(content).hexdigest()[:16]}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if tag in _tags(request.headers.get("If-None-Match", "")):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_TYPES[PurePath(name).suffix], headers=headers)

    return part


def _tags(header: str) -> list[str]:
    """Compared weakly (RFC 9110, section 13.1.2)."""
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


router = APIRouter()
add_parts(router, "parlez.http", SHARED, _SHARED_PARTS)
