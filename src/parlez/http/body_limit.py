"""A bound on the size of bodies."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlez.core.errors import TooLarge


class BodyLimit:
    """Refuses bodies of more than so many bytes: by what they declare where they do, and else once
    that much has come. Those that carry files may be larger; routes that take none refuse such
    before they read them. `of_paths` are other limits, for paths whose JSON holds a file."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        upload_limit: int,
        of_paths: Mapping[str, int] = MappingProxyType({}),
    ):
        self._app = app
        self._limit = limit
        self._upload_limit = upload_limit
        self._of_paths = of_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        usual = self._of_paths.get(scope["path"], self._limit)
        limit = self._upload_limit if _carries_files(scope) else usual

        async def limited() -> Message:
            nonlocal received
            if _declared(scope) > limit:
                raise _refusal(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _refusal(limit)
            return message

        await self._app(scope, limited, send)


def _refusal(limit: int) -> TooLarge:
    return TooLarge(f"The body is too large: at most {limit:,} bytes are taken.")


def _carries_files(scope: Scope) -> bool:
    return any(
        name == b"content-type" and value.lower().startswith(b"multipart/form-data")
        for name, value in scope["headers"]
    )


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
