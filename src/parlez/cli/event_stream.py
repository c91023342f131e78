"""Reading Parlez' streams of events."""

import json
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """An event of a turn. `id` is what to name when coming back after it."""

    type: str
    data: dict[str, Any]
    id: str | None = None


async def read_events(lines: AsyncIterable[bytes]) -> AsyncIterator[StreamedEvent]:
    """The events in the lines of a response. One that was cut off is left out."""
    fields: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield StreamedEvent(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}
