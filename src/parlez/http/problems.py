"""Errors on their way out: whatever was raised becomes a `Problem`, and the dialect whose route
was asked for gives it its body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from parlez.core.errors import InvalidInput, ParlezError, RateLimited
from parlez.http.errors import headers_of, status_of
from parlez.http.times import iso_time

INTERNAL = "The server made a mistake. Try again; the request id helps to find it in the log."

_MESSAGES = {
    400: "The request cannot be read.",
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not take that method. /docs lists what it takes.",
    413: "The body is too large.",
}
"""What is said where the framework finds the fault."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as HTTP knows it. `code` is for programs, `message` for people, and `details` are
    what more a body can say: when a limit will be out of the way. For dialects that tell, `param`
    names the part of the request that is at fault, and `fields` has what is wrong with each."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    param: str | None = None
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)


Body = Callable[[Problem], dict[str, Any]]
"""How a dialect spells a problem."""


class Problems:
    """Renders problems, each in the dialect whose prefix its path has, or else in `default`."""

    def __init__(self, bodies: Mapping[str, Body], default: Body):
        self._bodies = bodies
        self._default = default

    def install(self, app: FastAPI) -> None:
        for kind, handle in (
            (ParlezError, self._on_parlez_error),
            (RequestValidationError, self._on_invalid),
            (HTTPException, self._on_http_exception),
            (Exception, self._on_bug),
        ):
            app.add_exception_handler(kind, handle)

    def response(self, scope: Scope, problem: Problem) -> JSONResponse:
        path: str = scope["path"]
        body = next(
            (body for prefix, body in self._bodies.items() if path.startswith(prefix)),
            self._default,
        )
        return JSONResponse(body(problem), problem.status, dict(problem.headers))

    def _on_parlez_error(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ParlezError)
        return self.response(request.scope, problem_of(error))

    def _on_invalid(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        message = "; ".join(explain(detail) for detail in found)
        problem = Problem(
            400, "invalid_input", message, param=place_of(found[0]), fields=_by_field(found)
        )
        return self.response(request.scope, problem)

    def _on_http_exception(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        status = error.status_code
        code = HTTPStatus(status).phrase.lower().replace(" ", "_")
        message = _MESSAGES.get(status, HTTPStatus(status).phrase)
        return self.response(request.scope, Problem(status, code, message, error.headers or {}))

    def _on_bug(self, request: Request, error: Exception) -> JSONResponse:
        return self.response(request.scope, Problem(500, "internal_error", INTERNAL))


def problem_of(error: ParlezError) -> Problem:
    details = {}
    if isinstance(error, RateLimited):
        details = {"retry_after": error.retry_after, "reset_at": iso_time(error.reset_at)}
    param = error.param if isinstance(error, InvalidInput) else None
    return Problem(status_of(error), error.code, error.message, headers_of(error), details, param)


def explain(detail: Mapping[str, Any]) -> str:
    """One finding of a validation, without what was sent."""
    where = place_of(detail)
    return f"{where}: {_what(detail)}" if where else _what(detail)


def _what(detail: Mapping[str, Any]) -> str:
    return str(detail["msg"]).removeprefix("Value error, ")


def _by_field(found: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for detail in found:
        if where := place_of(detail):
            fields.setdefault(where, []).append(_what(detail))
    return fields


def place_of(detail: Mapping[str, Any]) -> str | None:
    """What a finding of a validation is about; None for the whole."""
    return ".".join(str(part) for part in detail["loc"] if part != "body") or None
