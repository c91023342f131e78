"""Embeddings over the wire.

Bytes after https://platform.openai.com/docs/api-reference/embeddings/create
"""

import math
from typing import Any

import aiohttp
import pytest
from tests.support.wire_server import WireServer

from parlez.core.errors import ModelError
from parlez.providers.openai_embeddings import AT_ONCE, OpenAIEmbedder
from parlez.providers.vendor import Vendor


def embedder(server: WireServer, session: aiohttp.ClientSession) -> OpenAIEmbedder:
    vendor = Vendor("openai", "OpenAI", server.base_url, api_key="sk-test", retries=0)
    return OpenAIEmbedder(vendor, "text-embedding-3-small", lambda: session)


def answer(*vectors: list[float], start: int = 0, tokens: int = 5) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": start + place, "embedding": vector}
        for place, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    model = "text-embedding-3-small"
    return {"object": "list", "data": data[::-1], "model": model, "usage": usage}


async def test_vectors_come_in_order_and_of_length_1(
    server: WireServer, session: aiohttp.ClientSession
) -> None:
    server.json(answer([3.0, 4.0], [0.0, 2.0]))
    asked = embedder(server, session)
    found = await asked.embed(["first", "second"])
    assert found.vectors == [[0.6, 0.8], [0.0, 1.0]]
    assert found.tokens == 5
    assert asked.name == "openai/text-embedding-3-small"
    [received] = server.received
    assert received.line == "POST /v1/embeddings HTTP/1.1"
    assert received.headers["authorization"] == "Bearer sk-test"
    assert received.body == {
        "model": "text-embedding-3-small",
        "input": ["first", "second"],
        "encoding_format": "float",
    }


async def test_many_texts_are_several_requests(
    server: WireServer, session: aiohttp.ClientSession
) -> None:
    server.json(answer(*[[1.0, 0.0]] * AT_ONCE))
    server.json(answer([0.0, 1.0]))
    found = await embedder(server, session).embed(["text"] * (AT_ONCE + 1))
    assert [len(each.body["input"]) for each in server.received] == [AT_ONCE, 1]
    assert found.vectors[-1] == [0.0, 1.0]
    assert found.tokens == 10


@pytest.mark.parametrize(
    "nonsense",
    [
        b"[]",
        b"{",
        {"data": []},
        answer([1.0], start=1),
        answer([0.0, 0.0]),
        answer([math.inf, 1.0]),
        {"data": [{"index": 0, "embedding": "x"}]},
    ],
)
async def test_nonsense_is_an_error(
    server: WireServer, session: aiohttp.ClientSession, nonsense: Any
) -> None:
    server.json(nonsense)
    with pytest.raises(ModelError):
        await embedder(server, session).embed(["text"])


async def test_a_refusal_says_nothing_of_the_text(
    server: WireServer, session: aiohttp.ClientSession
) -> None:
    server.json({"error": {"message": "secret text", "code": "x"}}, "401 Unauthorized")
    with pytest.raises(ModelError) as refused:
        await embedder(server, session).embed(["secret text"])
    assert "secret" not in refused.value.message
