"""Serving the hottest routes without the framework.

The framework's own share of a plain turn is more than that of the turn itself: seven layers of
middleware, and a dependency solver that works everything out anew for each request. The routes
listed here are declared to the framework as all others are, which documents them, and answered by
the very same functions; only the way there is shorter. `docs/profile.md` has the figures.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, get_args, get_origin

from fastapi import Header, Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from parlez.core.errors import InvalidInput, ParlezError
from parlez.http.json_route import parse_json, require_json
from parlez.http.problems import Problems, explain, place_of, problem_of

Argument = Callable[[Request], Awaitable[Any]]


class DirectRoutes:
    """Answers some of an app's routes itself and leaves the rest to the app."""

    def __init__(self, app: ASGIApp, routes: Iterable[APIRoute], problems: Problems):
        self._app = app
        self._problems = problems
        self._exact: dict[tuple[str, str], _DirectRoute] = {}
        self._patterns: list[tuple[str, re.Pattern[str], _DirectRoute]] = []
        for route in routes:
            direct = _DirectRoute(route)
            for method in route.methods or ():
                if route.param_convertors:
                    self._patterns.append((method, route.path_regex, direct))
                else:
                    self._exact[method, route.path] = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._find(scope) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        scope["route"] = route
        try:
            response = await route.answer(Request(scope, receive))
        except ParlezError as error:
            response = self._problems.response(scope, problem_of(error))
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> "_DirectRoute | None":
        method, path = scope["method"], scope["path"]
        found = self._exact.get((method, path))
        if found is not None:
            return found
        for its_method, pattern, route in self._patterns:
            if its_method == method and (match := pattern.match(path)):
                scope["path_params"] = match.groupdict()
                return route
        return None


class _DirectRoute:
    """One route, its arguments worked out once. It can do what the hot routes need: the request,
    path parameters, headers, dependencies of the request alone, and one JSON body."""

    def __init__(self, route: APIRoute):
        self.path = route.path
        self._endpoint = route.endpoint
        self._status = route.status_code or 200
        signature = inspect.signature(route.endpoint, eval_str=True)
        # Whoever is not let in is told so, and not what is wrong with the body.
        body_last = sorted(signature.parameters.items(), key=lambda each: _is_body(each[1]))
        self._arguments = {name: _argument(name, parameter) for name, parameter in body_last}

    async def answer(self, request: Request) -> Response:
        arguments = {name: await find(request) for name, find in self._arguments.items()}
        result = await self._endpoint(**arguments)
        if isinstance(result, Response):
            return result
        assert isinstance(result, BaseModel)
        return Response(result.model_dump_json(), self._status, media_type="application/json")


def _argument(name: str, parameter: inspect.Parameter) -> Argument:
    """How to find the value of a parameter."""
    annotation = parameter.annotation
    if annotation is Request:
        return _request
    if _is_body(parameter):
        return _body(annotation)
    if get_origin(annotation) is Annotated:
        for note in get_args(annotation)[1:]:
            if isinstance(note, Depends):
                assert note.dependency is not None
                return note.dependency
            if isinstance(note, type(Header())):
                assert note.alias is not None
                return _header(note.alias.lower())
    return _path_parameter(name)


def _is_body(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)


async def _request(request: Request) -> Request:
    return request


def _header(name: str) -> Argument:
    async def header(request: Request) -> str | None:
        return request.headers.get(name)

    return header


def _path_parameter(name: str) -> Argument:
    async def path_parameter(request: Request) -> Any:
        return request.path_params[name]

    return path_parameter


def _body(model: type[BaseModel]) -> Argument:
    async def body(request: Request) -> BaseModel:
        require_json(request)
        raw = await request.body()
        try:
            return model.model_validate_json(raw)
        except ValidationError:
            # Read it again the slow way, which says what is wrong as all other routes do.
            pass
        try:
            return model.model_validate(parse_json(raw))
        except ValidationError as error:
            found = error.errors()
            message = "; ".join(explain(detail) for detail in found)
            raise InvalidInput(message, param=place_of(found[0])) from None

    return body
