"""Speech through the door."""

from typing import Any

import aiohttp
from tests.support.server import Answer, Running


async def transcribe(
    parlez: Running,
    data: bytes,
    name: str = "a.wav",
    headers: dict[str, str] | None = None,
    path: str = "/api/transcribe",
    field: str = "audio",
    **fields: Any,
) -> Answer:
    form = aiohttp.FormData()
    form.add_field(field, data, filename=name)
    for key, value in fields.items():
        form.add_field(key, value)
    return await parlez.call("POST", path, data=form, headers=headers)
