"""The least a Python server can do: pass a request to the model and its answer back, with Starlette
and aiohttp, storing nothing. Streams are parsed event by event, as any server must that does more
than copy. `python -m benchmarks.floor MODEL_URL PORT`"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


def floor_app(model_url: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield {"session": session}

    async def plain(request: Request) -> Response:
        body = await request.json()
        async with request.state.session.post(model_url, json=_asked(body, False)) as answer:
            return Response(await answer.read(), media_type="application/json")

    async def stream(request: Request) -> Response:
        body = await request.json()
        return StreamingResponse(
            _events(request.state.session, body), media_type="text/event-stream"
        )

    async def _events(session: aiohttp.ClientSession, body: Any) -> AsyncIterator[bytes]:
        async with session.post(model_url, json=_asked(body, True)) as answer:
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    text = json.loads(line[6:])["choices"][0]["delta"].get("content")
                    yield f"data: {json.dumps({'text': text})}\n\n".encode()

    return Starlette(
        routes=[
            Route("/plain", plain, methods=["POST"]),
            Route("/stream", stream, methods=["POST"]),
        ],
        lifespan=lifespan,
    )


def _asked(body: Any, stream: bool) -> dict[str, Any]:
    messages = [{"role": "user", "content": body["message"]}]
    return {"model": "m", "messages": messages, "stream": stream}


if __name__ == "__main__":
    uvicorn.run(
        floor_app(sys.argv[1]),
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=1,
    )
