"""Preflights of cross-origin requests: https://fetch.spec.whatwg.org/#http-cors-protocol"""

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Preflight:
    """Answers every preflight, and allows nothing by it: a browser then lets no foreign page send
    what it asked for."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            names = {name for name, _ in scope["headers"]}
            if {b"origin", b"access-control-request-method"} <= names:
                await Response(status_code=204, headers={"Vary": "Origin"})(scope, receive, send)
                return
        await self._app(scope, receive, send)
