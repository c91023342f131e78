"""The headers that keep browsers from doing with an answer what it is not for."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request

Headers = tuple[tuple[bytes, bytes], ...]


def security_headers(content_policy: str, resource_policy: str = "same-origin") -> Headers:
    """As ASGI has them: what a page may load and who may frame it
    (https://www.w3.org/TR/CSP3/), and whose pages may load it."""
    return (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", resource_policy.encode()),
        (b"content-security-policy", content_policy.encode()),
    )


def note_security(request: Request, headers: Headers) -> None:
    """Let the answer to this request have other headers than all others."""
    request.state.security_headers = headers


def noted_security(state: Mapping[str, Any]) -> Iterable[tuple[bytes, bytes]]:
    """The headers for a request's state; none if none were noted."""
    headers: Iterable[tuple[bytes, bytes]] = state.get("security_headers", ())
    return headers
