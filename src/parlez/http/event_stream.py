"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from collections.abc import AsyncGenerator, Mapping

from parlez.http.byte_stream import ByteStream

HEARTBEAT_SECONDS = 10.0
"""The longest silence on a stream; proxies tend to cut what is silent for longer."""

COMMENT = b":\n\n"


def frame(data: str, *, event: str | None = None, event_id: str | None = None) -> bytes:
    """One event. `data` is a single line, as JSON is."""
    lines = f"id: {event_id}\n" if event_id else ""
    lines += f"event: {event}\n" if event else ""
    return f"{lines}data: {data}\n\n".encode()


class EventStream(ByteStream):
    """A response of frames."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], headers: Mapping[str, str]):
        super().__init__(
            frames,
            {
                **headers,
                "Cache-Control": "no-store",
                # Nginx and its like would hold the stream back to fill their buffers.
                "X-Accel-Buffering": "no",
            },
        )
