"""Headers that several dialects take."""

from typing import Annotated

from fastapi import Header

IdempotencyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Send the same key with a repeated call, and it happens once.",
        max_length=255,
    ),
]

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The last `id:` of the stream that you have; it goes on behind it.",
    ),
]
