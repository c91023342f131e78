"""What routes say about themselves in the OpenAPI document beyond their models."""

from typing import Any

from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "The request cannot be used; the message says why.",
    401: "No credential, or a wrong one.",
    403: "The credential may not be used for this.",
    404: "There is no such thing for this caller.",
    409: "The request does not fit the state of things.",
    413: "The body is too large.",
    429: "As many calls as may be for now; `Retry-After` says when the next can come.",
    415: "The body is not JSON, or not declared to be.",
    502: "The language model failed.",
    503: "The language model or the database cannot be used now.",
    504: "The language model took too long.",
}

TURN_ERRORS = (400, 401, 403, 404, 409, 413, 415, 429, 502, 503, 504)
"""What can happen to a call that starts a turn."""


def errors(body: type[BaseModel], *statuses: int) -> Responses:
    """The errors of a route, all with a dialect's body. Whoever must say who they are may also ask
    too often."""
    limited = (429,) if 401 in statuses and 429 not in statuses else ()
    return {
        status: {"model": body, "description": _MEANINGS[status]}
        for status in (*statuses, *limited)
    }


def or_stream(responses: Responses) -> Responses:
    """Add that a route may also answer with an event stream."""
    described = {
        "description": "The answer; as server-sent events if `stream` is true.",
        "content": {"text/event-stream": {}},
    }
    return {200: described, **responses}
