"""The one place where a credential is read out of a request, however it was sent."""

from collections.abc import Iterable

from starlette.requests import HTTPConnection

from parlez.core.errors import InvalidInput, Unauthenticated


def credential(request: HTTPConnection, *others: str | None) -> str | None:
    """The credential of a request: `Authorization: Bearer K` or `Token K`, `X-API-Key: K`, or one
    of `others` that its dialect found elsewhere. None if there is none.

    Raises `InvalidInput` if two differ, and `Unauthenticated` for another kind of Authorization.
    """
    found = {value for value in (*_sent(request), *others) if value}
    if len(found) > 1:
        raise InvalidInput("Two different credentials were sent. Send one.")
    return found.pop() if found else None


def _sent(request: HTTPConnection) -> Iterable[str]:
    for name, raw in request.scope["headers"]:
        if name == b"authorization":
            kind, _, rest = raw.decode("latin-1").strip().partition(" ")
            if kind.lower() not in ("bearer", "token") or not rest.strip():
                raise Unauthenticated("Send the key as 'Authorization: Bearer <key>'.")
            yield rest.strip()
        elif name == b"x-api-key":
            yield raw.decode("latin-1").strip()
