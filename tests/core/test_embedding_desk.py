"""Who embeds for whom."""

import pytest
from tests.core.test_paid_calls import CALLER, Till
from tests.support.library import WordEmbedder
from tests.support.store import Stores

from parlez.core.embedding_desk import EmbeddingDesk
from parlez.core.errors import InvalidInput, NotFound

OPENAI = "text-embedding-3-small"


@pytest.fixture
def till(stores: Stores) -> Till:
    return Till(stores)


async def test_the_embedded_model_stands_in_where_there_is_no_vendor(till: Till) -> None:
    local = WordEmbedder("local/words")
    desk = EmbeddingDesk({local.name: local}, till.calls, local, [OPENAI])
    made = await desk.embed(CALLER, OPENAI, ["a goat"], None)
    assert (made.model, len(made.embeddings.vectors)) == ("local/words", 1)
    with pytest.raises(NotFound, match="local/words"):
        await desk.embed(CALLER, "nonsense", ["a goat"], None)
    with pytest.raises(InvalidInput, match="64 dimensions"):
        await desk.embed(CALLER, OPENAI, ["a goat"], 32)
    alone = EmbeddingDesk({local.name: local}, till.calls)
    with pytest.raises(NotFound):
        await alone.embed(CALLER, OPENAI, ["a goat"], None)


async def test_without_any_embedder_the_way_to_one_is_told(till: Till) -> None:
    with pytest.raises(NotFound, match="install"):
        await EmbeddingDesk({}, till.calls).embed(CALLER, OPENAI, ["a goat"], None)
    assert await till.sums() == []
