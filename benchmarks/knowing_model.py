"""A language model that knows the answers, in OpenAI's wire format: what a model that reads would
say, as far as citations go."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

ASKED = "Question: "


@asynccontextmanager
async def serve_knowing(answers: Mapping[str, str]) -> AsyncIterator[str]:
    """The address to ask, on a free port of this machine, of a model that has the answer to each
    question."""

    async def complete(request: web.Request) -> web.Response:
        question = (await request.json())["messages"][-1]["content"].rpartition(ASKED)[2]
        message = {"role": "assistant", "content": f"The answer is {answers[question]}."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
        completion = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
        return web.json_response({**completion, "choices": [choice], "usage": usage})

    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/chat/completions"
    finally:
        await runner.cleanup()
