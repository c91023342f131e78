"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HEARTBEAT_SECONDS = 10.0
"""The longest silence on a stream; proxies tend to cut what is silent for longer."""

COMMENT = b":\n\n"


def frame(data: str, *, event: str | None = None, event_id: str | None = None) -> bytes:
    """One event. `data` is a single line, as JSON is."""
    lines = f"id: {event_id}\n" if event_id else ""
    lines += f"event: {event}\n" if event else ""
    return f"{lines}data: {data}\n\n".encode()


class EventStream(Response):
    """A response of frames. When the client goes away the generator is closed, wherever it is."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], headers: Mapping[str, str]):
        super().__init__(
            headers={
                **headers,
                "Cache-Control": "no-store",
                # Nginx and its like would hold the stream back to fill their buffers.
                "X-Accel-Buffering": "no",
            }
        )
        del self.headers["content-length"]
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        task = asyncio.current_task()
        assert task is not None
        gone = asyncio.create_task(_disconnected(receive))
        sending = True

        def stop_sending(done: asyncio.Task[None]) -> None:
            if sending and not done.cancelled():
                task.cancel()

        gone.add_done_callback(stop_sending)
        try:
            async with aclosing(self._frames) as frames:
                async for chunk in frames:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not gone.done():
                raise
            task.uncancel()
        finally:
            sending = False
            gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
