"""Letting web pages of an app's origins call it: https://fetch.spec.whatwg.org/#http-cors-protocol"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlez.core.app_desk import AppDesk
from parlez.core.errors import StorageError

_PLACE = re.compile(r"/(?:apps|api/v1)/([0-9a-fA-F]{32})(?:/.*)?")

_ASK = "access-control-request-method"

_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, Idempotency-Key, "
    "Last-Event-ID, X-API-Key, X-VanusAI-Model, X-VanusAI-SessionId",
    "Access-Control-Max-Age": "600",
}
"""What a page may send: all that the protocol of apps has."""

_EXPOSED = (
    b"Parlez-Turn-Id, Parlez-Conversation-Id, RateLimit, RateLimit-Policy, Retry-After, "
    b"X-Request-Id"
)
"""What a page may read besides the body."""


class AppCors:
    """Answers preflights for an app's address, and lets pages of its origins read what it says. No
    cookie is ever sent along for them. Everything else goes on as it is."""

    def __init__(self, app: ASGIApp, apps: AppDesk):
        self._app = app
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _PLACE.fullmatch(scope["path"]) if scope["type"] == "http" else None
        headers = Headers(scope=scope) if place else Headers()
        origin = headers.get("origin")
        if place is None or origin is None or not await self._allows(place[1].lower(), origin):
            await self._app(scope, receive, send)
            return
        allowed = (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        )

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *allowed]
            await send(message)

        if scope["method"] == "OPTIONS" and _ASK in headers:
            await Response(status_code=204, headers=_ALLOWED)(scope, receive, telling)
        else:
            await self._app(scope, receive, telling)

    async def _allows(self, address: str, origin: str) -> bool:
        try:
            found = await self._apps.at(address)
        except StorageError:
            return False
        return found is not None and found.app.terms.allows_origin(origin)
