"""One call to whichever server a command means."""

import asyncio
from typing import TYPE_CHECKING, Any

from parlez.cli.options import Where

if TYPE_CHECKING:
    from parlez.cli.server_access import Locate


def call(where: Where, method: str, path: str, body: Any = None) -> Any:
    """The answer's JSON. Raises the `ParlezError` that the server told."""
    from parlez.cli.server_access import reach

    with reach(where) as locate:
        return asyncio.run(_call_at(locate, method, path, body))


async def _call_at(locate: "Locate", method: str, path: str, body: Any) -> Any:
    from parlez.cli.client import Client

    async with Client.open(locate) as client:
        return await client.call(method, path, body)
