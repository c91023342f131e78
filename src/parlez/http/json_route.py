"""Reading JSON bodies strictly, with errors that say what is wrong."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from parlez.core.errors import InvalidInput, UnsupportedMedia


class JsonRequest(Request):
    """A request whose body has been read and parsed already."""

    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


class JsonRoute(APIRoute):
    """A route whose body must be JSON, and be called so: a web page can send anything else to a
    foreign server without asking it first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_json(request: Request) -> Response:
            checked = JsonRequest(request.scope, request.receive)
            require_json(checked)
            checked.parsed = parse_json(await checked.body())
            return await handle(checked)

        return handle_json


def require_json(request: Request) -> None:
    """Raises `UnsupportedMedia` unless the body is declared to be JSON."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not declared.endswith("+json"):
        raise UnsupportedMedia("Send the body as JSON, with 'Content-Type: application/json'.")


def parse_json(body: bytes, what: str = "body") -> Any:
    """Raises `InvalidInput` for anything that is not one JSON value in UTF-8. `what` is what people
    call it."""
    if not body:
        raise InvalidInput(f"The {what} is empty. Send a JSON object.")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise InvalidInput(f"The {what} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"The {what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise InvalidInput(f"The {what} is nested too deeply.") from None
    except ValueError:
        # A number with more digits than Python converts, or one of JavaScript's constants.
        raise InvalidInput(f"The {what} holds a number that is none in JSON.") from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
