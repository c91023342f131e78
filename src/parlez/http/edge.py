"""The outermost layer: what happens to every request, whatever its dialect."""

import random
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlez.core.bugs import describe
from parlez.http.metrics import Metrics
from parlez.http.problems import INTERNAL, Problem, Problems
from parlez.http.security_headers import noted_security, security_headers
from parlez.http.turn_headers import noted_headers

REQUEST_ID = b"x-request-id"

_GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_SECURITY = security_headers("default-src 'none'; frame-ancestors 'none'")

_DOCS = "/docs"
_DOCS_SECURITY = security_headers(
    # Its page has its script and style within it.
    "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
)


class Edge:
    """Gives a request its id, an answer its common headers, the log its line; takes the slash off
    the end of a path; and answers for bugs, of which the log gets the place and not the words."""

    def __init__(self, app: ASGIApp, *, problems: Problems, metrics: Metrics):
        self._app = app
        self._problems = problems
        self._metrics = metrics
        self._log = structlog.get_logger("parlez.requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] != "/":
            scope["path"] = scope["path"].rstrip("/")
        answer = _Answer(scope, send, _request_id(scope))
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            try:
                await self._app(scope, receive, answer.send)
            except Exception as error:
                self._log.error("unexpected error", bug=describe(error))
                if answer.status == 0:
                    problem = Problem(500, "internal_error", INTERNAL)
                    await self._problems.response(scope, problem)(scope, receive, answer.send)
            finally:
                self._account(scope, answer.status, time.perf_counter() - began)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_template(scope)
        self._metrics.request_ended(scope["method"], route, status, seconds)
        self._log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class _Answer:
    """The sending side of one request."""

    def __init__(self, scope: Scope, send: Send, request_id: str):
        self._scope = scope
        self._send = send
        self.request_id = request_id
        self.status = 0
        """0 until the answer has begun."""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message["headers"],
                (REQUEST_ID, self.request_id.encode()),
                *self._security(),
                *noted_headers(self._scope.get("state", {})),
            ]
        await self._send(message)

    def _security(self) -> Iterable[tuple[bytes, bytes]]:
        if self._scope["path"] == _DOCS:
            return _DOCS_SECURITY
        return noted_security(self._scope.get("state", {})) or _SECURITY


def route_template(scope: Mapping[str, Any]) -> str:
    """The path of the route that served a request, its parameters unfilled: ids, and the secret
    addresses of apps, stay out of logs and metrics."""
    return getattr(scope.get("route"), "path", "(none)")


def _request_id(scope: Scope) -> str:
    """The caller's own id for the request if it is harmless, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID and _GOOD_ID.fullmatch(value):
            return str(value.decode())
    # Not a secret: random bits from the system cost ten times as much.
    return f"{random.getrandbits(64):016x}"
