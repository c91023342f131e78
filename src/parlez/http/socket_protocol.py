"""WebSocket connections as Uvicorn serves them, made safe against clients that mean harm.

https://www.rfc-editor.org/rfc/rfc6455
"""

import asyncio
import json
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

STRANGERS_BYTES = 65_536
"""The longest message of somebody who has not said yet who it is."""

_MOST_FRAGMENTS = 1_024
_FAREWELL_SECONDS = 5.0

_REASONS = {
    1002: ("invalid_frame", "This is not how WebSocket frames are written."),
    1007: ("invalid_frame", "A message of text must be UTF-8."),
    1008: ("too_many_fragments", "The message comes in too many fragments."),
    1009: ("too_large", "The message is too large, or comes before one that says who you are."),
}


class SocketProtocol(WebSocketsSansIOProtocol):
    """A client that does not read costs no more than one buffer, and is dropped in the end. What it
    sends that is no WebSocket it is told in words before the connection is closed. The state of
    each has `let_in`: a function after which longer messages are taken."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._longest = self.conn.max_message_size
        self.conn.max_message_size = STRANGERS_BYTES
        self.app_state = {**self.app_state, "let_in": self._let_in}
        self._dropping: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._dropping:
            self._dropping.cancel()
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        # One who does not read what it is sent would have them pile up.
        if self.writable.is_set():
            self.transport.write(pong)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _MOST_FRAGMENTS:
            self.conn.fail(1008, "too many fragments")
            self.handle_parser_exception()
        elif not self.close_sent:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                # Uvicorn would write a page in the log for each.
                self.conn.fail(1007, "not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        sent = self.conn.close_sent
        if self.handshake_complete and not self.close_sent and sent:
            code, message = _REASONS.get(sent.code, _REASONS[1002])
            words = json.dumps({"type": "error", "code": code, "message": message})
            self.transport.write(Frame(Opcode.TEXT, words.encode()).serialize(mask=False))
        super().handle_parser_exception()
        self._drop_soon()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # It would wait for all that was written to be read.
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        self._drop_soon()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self._drop_soon()

    async def send(self, message: Any) -> None:
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def _let_in(self) -> None:
        self.conn.max_message_size = self._longest

    def _drop_soon(self) -> None:
        if self._dropping is None:
            self._dropping = self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)
