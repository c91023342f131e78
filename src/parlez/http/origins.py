"""Where a web page that makes a request is from."""

from urllib.parse import urlsplit

from fastapi import Request


def own_url(request: Request, public_url: str | None) -> str:
    """Where this server is reached: as the operator said, or as the caller did."""
    if public_url:
        return public_url.rstrip("/")
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def is_own(request: Request, origin: str, public_url: str | None) -> bool:
    """Whether a page is this server's. A proxy may hide under which name the browser knows it."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    place = urlsplit(own_url(request, public_url))
    return origin == f"{place.scheme}://{place.netloc}"
