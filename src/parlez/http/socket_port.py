"""The port that is for WebSockets alone."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SOCKET_PATH = "/ws"
"""Where the main port has them."""


class SocketPort:
    """Leads every WebSocket, whatever its path, to where `app` has them. `main_port` tells which
    port the server's pages are on."""

    def __init__(self, app: ASGIApp, main_port: Callable[[], int]):
        self._app = app
        self._main_port = main_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            headers = {"Upgrade": "websocket", "Connection": "Upgrade, close"}
            refusal = PlainTextResponse("This port speaks WebSocket alone.\n", 426, headers)
            await refusal(scope, receive, send)
            return
        path = {"path": SOCKET_PATH, "raw_path": SOCKET_PATH.encode()}
        state = {**scope.get("state", {}), "main_port": self._main_port()}
        await self._app({**scope, **path, "state": state}, receive, send)
