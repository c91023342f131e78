"""The sending side of a WebSocket."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from parlez.api.platform.socket.leaving import Gone, Leave
from parlez.core.errors import ParlezError

_GOODBYE_SECONDS = 5.0


class Channel:
    """One message at a time. Whoever sends waits until the client has read enough of what went
    before: nothing piles up."""

    def __init__(self, socket: WebSocket):
        self._socket = socket
        self._sending = asyncio.Lock()
        self._closed = False

    async def send(self, kind: str, /, **fields: Any) -> None:
        """Raises `Gone`."""
        text = json.dumps({"type": kind, **fields}, ensure_ascii=False)
        async with self._sending:
            if self._closed:
                raise Gone
            try:
                await self._socket.send_text(text)
            except WebSocketDisconnect:
                self._closed = True
                raise Gone from None

    async def tell(self, error: ParlezError, /, **fields: Any) -> None:
        """An error that does not close the connection. Raises `Gone`."""
        details: dict[str, Any] = {"retryable": True} if error.retryable else {}
        if error.retry_after is not None:
            details["retry_after"] = error.retry_after
        await self.send("error", code=error.code, message=error.message, **details, **fields)

    async def close(self, leave: Leave) -> None:
        """Say why, and close. One who does not read it misses it."""
        with suppress(Gone, TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.send("error", code=leave.code, message=leave.message)
                self._closed = True
                await self._socket.close(leave.close)
