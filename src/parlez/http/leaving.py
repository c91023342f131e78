"""Clients that go away before they have their answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager

from fastapi import Request
from starlette.types import Receive


@contextmanager
def watching(request: Request, left: Callable[[], Awaitable[object]]) -> Iterator[None]:
    """Call `left` if the client goes away while this lasts. The body must have been read."""
    watch = asyncio.create_task(_watch(request.receive, left))
    try:
        yield
    finally:
        watch.cancel()


async def finishing(
    frames: AsyncGenerator[bytes, None], left: Callable[[], Awaitable[object]]
) -> AsyncGenerator[bytes, None]:
    """The frames of a stream; `left` is called if they are not all taken."""
    all_taken = False
    try:
        async with aclosing(frames):
            async for frame in frames:
                yield frame
        all_taken = True
    finally:
        if not all_taken:
            await left()


async def _watch(receive: Receive, left: Callable[[], Awaitable[object]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    await left()
