"""Embeddings, asked for by OpenAI's own client."""

from base64 import b64decode
from struct import unpack
from typing import Any

import openai
import pytest
from tests.support.openai_world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL = "local/all-MiniLM-L6-v2"
CAT, KITTEN, TAX = "A cat sleeps.", "The kitten is asleep.", "Taxes are due in May."


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_what_means_the_same_lies_close_together(world: World) -> None:
    """The client asks for base64, and reads it."""
    made = await world.client.embeddings.create(model=LOCAL, input=[CAT, KITTEN, TAX])
    cat, kitten, tax = (each.embedding for each in made.data)
    assert [each.index for each in made.data] == [0, 1, 2]
    assert cosine(cat, kitten) > 0.5 > cosine(cat, tax)
    assert cosine(cat, cat) == pytest.approx(1, abs=1e-3)
    assert (made.model, len(cat)) == (LOCAL, 384)
    assert made.usage.prompt_tokens == made.usage.total_tokens > 10


async def test_both_forms_say_the_same(world: World) -> None:
    body = {"model": "all-MiniLM-L6-v2", "input": CAT}
    plain = await world.parlez.call("POST", "/v1/embeddings", body)
    packed = await world.parlez.call(
        "POST", "/v1/embeddings", {**body, "encoding_format": "base64"}
    )
    [one], [other] = plain.body["data"], packed.body["data"]
    assert (one["object"], one["index"], plain.body["object"]) == ("embedding", 0, "list")
    values = unpack("<384f", b64decode(other["embedding"]))
    assert list(values) == pytest.approx(one["embedding"], abs=1e-6)
    again = await world.client.embeddings.create(model=LOCAL, input=CAT, dimensions=384)
    assert again.data[0].embedding == pytest.approx(one["embedding"], abs=1e-6)


async def test_openais_models_are_asked_where_they_can_be(world: World) -> None:
    made = await world.client.embeddings.create(
        model="text-embedding-3-small", input=["abc", "x"], dimensions=2
    )
    assert world.vendor.asked[-1]["model"] == "text-embedding-3-small"
    assert [len(each.embedding) for each in made.data] == [2, 2]
    assert made.data[0].embedding == pytest.approx([0.948683, 0.316228], abs=1e-5)
    assert (made.model, made.usage.total_tokens) == ("openai/text-embedding-3-small", 5)


async def test_they_are_listed(world: World) -> None:
    names = [model.id async for model in world.client.models.list()]
    assert {LOCAL, "openai/text-embedding-3-small"} <= {*names}
    assert (await world.client.models.retrieve(LOCAL)).owned_by == "local"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        *(({"input": tokens}, "Tokens cannot be embedded") for tokens in ([1, 2], [[1], [2]])),
        *(({"input": nothing}, "input") for nothing in ("", [], ["a", ""], ["a"] * 2_049, None, 7)),
        ({"input": ["a", 1]}, "input"),
        ({"input": "a\0b"}, "U+0000"),
        ({"dimensions": 100}, "384 dimensions"),
        ({"dimensions": 0}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    world: World, fields: dict[str, Any], told: str
) -> None:
    body = {"model": LOCAL, "input": CAT, **fields}
    answer = await world.parlez.call("POST", "/v1/embeddings", body)
    assert answer.status == 400, answer.body
    assert told in answer.body["error"]["message"]
    assert answer.body["error"]["type"] == "invalid_request_error"


async def test_an_unknown_model_is_not_found(world: World) -> None:
    with pytest.raises(openai.NotFoundError, match="Known are") as refused:
        await world.client.embeddings.create(model="nonsense", input=CAT)
    assert refused.value.code == "model_not_found"


async def test_a_wrong_key_is_refused(world: World) -> None:
    client = world.client.with_options(api_key="parlez-wrong")
    with pytest.raises(openai.AuthenticationError):
        await client.embeddings.create(model=LOCAL, input=CAT)


async def test_they_count_and_stand_in_the_ledger(world: World) -> None:
    """The stranger has a limit of 100 calls an hour."""
    raw = await world.stranger.embeddings.with_raw_response.create(model=LOCAL, input=[CAT, TAX])
    first = raw.headers["ratelimit"]
    raw = await world.stranger.embeddings.with_raw_response.create(model=LOCAL, input=CAT)
    assert int(first.split("r=")[1].split(";")[0]) == 1 + int(
        raw.headers["ratelimit"].split("r=")[1].split(";")[0]
    )
    headers = {"Authorization": f"Bearer {world.stranger.api_key}"}
    used = await world.parlez.call("GET", "/api/usage?by=kind", headers=headers)
    [found] = used.body["groups"]
    assert (found["group"], found["calls"], found["turns"]) == ("embedding", 2, 0)
    assert (found["units"], found["cost"], found["unpriced_turns"]) == (3, 0, 0)
    assert found["prompt_tokens"] > 5
