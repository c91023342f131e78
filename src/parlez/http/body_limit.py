"""A bound on the size of bodies."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlez.core.errors import TooLarge


class BodyLimit:
    """Refuses bodies of more than so many bytes: by what they declare where they do, and else once
    that much has come."""

    def __init__(self, app: ASGIApp, *, limit: int):
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            if _declared(scope) > self._limit:
                raise self._refusal()
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise self._refusal()
            return message

        await self._app(scope, limited, send)

    def _refusal(self) -> TooLarge:
        return TooLarge(f"The body is too large: at most {self._limit:,} bytes are taken.")


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
