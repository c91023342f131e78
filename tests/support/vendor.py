"""A model server for tests that speaks OpenAI's chat completions, in this process or its own.

Bytes after https://platform.openai.com/docs/api-reference/chat/object and
https://platform.openai.com/docs/api-reference/chat-streaming
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Reply:
    """What the vendor says: pieces of text, with so many seconds before each. With `status` it is
    an error instead; with `gate` it waits for the event before its last piece. `calls` are tools
    that it calls after that, each with an id, a name and arguments, and `reason` is why it ends."""

    pieces: Sequence[str] = ()
    delay: float = 0.0
    status: int = 200
    gate: asyncio.Event | None = None
    calls: Sequence[tuple[str, str, str]] = ()
    reason: str = "stop"

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return [
            {
                "index": index,
                "id": call_id,
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for index, (call_id, name, arguments) in enumerate(self.calls)
        ]

    @property
    def finish_reason(self) -> str:
        return "tool_calls" if self.calls else self.reason


def echo(text: str) -> Reply:
    """Says what it was told, word by word."""
    return Reply([f"{word} " for word in f"You said: {text}".split(" ")])


@dataclass
class Vendor:
    """Answers each request with `reply` of its last message. `asked` has every body that came."""

    reply: Callable[[str], Reply] = echo
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[None]:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/embeddings", self._embed)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        reply = self.reply(body["messages"][-1]["content"])
        if reply.status != 200:
            error = {"message": "scripted", "type": "scripted", "code": None}
            return web.json_response({"error": error}, status=reply.status)
        if body.get("stream"):
            return await self._stream(request, reply)
        for place, _ in enumerate(reply.pieces, 1):
            await self._wait(reply, place)
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [
                    {
                        "index": 0,
                        "message": {
                            "role": "assistant",
                            "content": reply.text,
                            **({"tool_calls": reply.tool_calls} if reply.calls else {}),
                        },
                        "finish_reason": reply.finish_reason,
                    }
                ],
                "usage": self._usage(reply),
            }
        )

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        """Every text means as much as it has characters."""
        body = await request.json()
        self.asked.append(body)
        data = [
            {"object": "embedding", "index": index, "embedding": [float(len(text)), 1.0, 0.0, 0.0]}
            for index, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 5, "total_tokens": 5}
        return web.json_response({"object": "list", "data": data, "usage": usage})

    async def _stream(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for place, piece in enumerate(reply.pieces, 1):
            await self._wait(reply, place)
            await response.write(self._chunk(choices=[self._choice({"content": piece}, None)]))
        for call in reply.tool_calls:
            choice = self._choice({"tool_calls": [call]}, None)
            await response.write(self._chunk(choices=[choice]))
        await response.write(self._chunk(choices=[self._choice({}, reply.finish_reason)]))
        await response.write(self._chunk(choices=[], usage=self._usage(reply)))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _wait(self, reply: Reply, place: int) -> None:
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.gate and place == len(reply.pieces):
            await reply.gate.wait()

    @staticmethod
    def _choice(delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "finish_reason": reason}

    @staticmethod
    def _chunk(**fields: Any) -> bytes:
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, **fields}
        return f"data: {json.dumps(chunk)}\n\n".encode()

    @staticmethod
    def _usage(reply: Reply) -> dict[str, int]:
        return {"prompt_tokens": 7, "completion_tokens": len(reply.pieces), "total_tokens": 0}


async def _main() -> None:
    """Run alone: prints its URL, says each message back at the pace of the first argument."""
    pace = float(sys.argv[1])
    vendor = Vendor(reply=lambda text: Reply(echo(text).pieces, delay=pace))
    async with vendor.serving():
        print(vendor.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
