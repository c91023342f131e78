"""Bodies that are sent while they are made."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class ByteStream(Response):
    """A response of chunks. When the client goes away the generator is closed, wherever it is."""

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        media_type: str | None = None,
    ):
        super().__init__(headers=dict(headers), media_type=media_type)
        del self.headers["content-length"]
        self._chunks = chunks

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
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not gone.done():
                raise
            task.uncancel()
        finally:
            sending = False
            gone.cancel()


async def begun(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same chunks, once the first has come: what fails before that is raised here."""
    try:
        first = await anext(chunks, None)
    except BaseException:
        await chunks.aclose()
        raise
    return _after(first, chunks)


async def _after(
    first: bytes | None, chunks: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks):
        if first is not None:
            yield first
            async for chunk in chunks:
                yield chunk


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
