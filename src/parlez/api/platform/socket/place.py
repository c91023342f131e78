"""Where what is said over a WebSocket goes on."""

from dataclasses import dataclass


@dataclass(slots=True)
class Place:
    """What is said keeps the place that it was said in, wherever the client is by the time it has
    been heard. The conversation is that of the last turn, None before the first."""

    user_id: str | None = None
    conversation_id: str | None = None
    model: str | None = None
