"""What every index of messages does, over each kind of database."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.test_branches import BROKEN, HALF, again, begun
from tests.support.engine import ME, SOMEBODY_ELSE, Rig
from tests.support.library import WordEmbedder
from tests.support.said import Said
from tests.support.store import Stores, open_stores

from parlez.core import rarity
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.search import Within
from parlez.core.snippets import snippet
from parlez.core.turns import Edit, Regeneration
from parlez.storage.message_changes import MOST_ALONE, MOST_PIECES
from parlez.storage.open import SqliteFile, locate
from parlez.storage.postgres import said_words as of_postgres
from parlez.storage.sqlite import said_words as of_sqlite
from parlez.storage.transfer.export import export
from parlez.storage.transfer.load import load
from parlez.storage.transfer.places import source, target

GOAT = "The goat climbed onto the lighthouse of Brest."
TAX = "A tax is money that a state takes."
INDEX = ("message_piece", "message_vector", "message_change")


@pytest.fixture
def said(stores: Stores) -> Said:
    return Said(stores, WordEmbedder())


async def test_what_was_said_is_found_at_once_and_when_it_is_indexed(said: Said) -> None:
    await said.add(GOAT, TAX)
    for _ in range(2):
        found = await said.search("goats lighthouse")
        [message] = found.messages
        assert (message.content, message.role) == (GOAT, Role.USER)
        assert 0.5 < message.score <= 1
        assert found.by_meaning
        await said.settle()
    assert await said.count("message_change") == 0


async def test_words_alone_find_without_an_embedder(stores: Stores) -> None:
    said = Said(stores)
    await said.add(GOAT, TAX)
    await said.settle()
    found = await said.search("goat")
    assert [each.content for each in found.messages] == [GOAT]
    assert (found.by_meaning, found.tokens) == (False, 0)
    assert await said.count("message_vector") == 0


async def test_meaning_finds_what_has_none_of_the_words(said: Said) -> None:
    """To the embedder of these tests words mean the same whose letters have the same sum."""
    await said.add("toga", TAX)
    await said.settle()
    assert await said.find("goat") == ["toga"]


async def test_nobody_finds_what_is_not_theirs(said: Said) -> None:
    mine = await said.add(GOAT)
    with_ada = await said.add(GOAT, user="ada")
    theirs = await said.add(GOAT, scope=SOMEBODY_ELSE)
    for _ in range(2):
        for scope, user, only in (
            (ME, None, mine),
            (ME, "ada", with_ada),
            (SOMEBODY_ELSE, None, theirs),
        ):
            found = await said.search("goat", scope, user_label=user)
            assert [each.conversation_id for each in found.messages] == [only]
        assert await said.find("goat", SOMEBODY_ELSE, user_label="ada") == []
        assert await said.find("goat", SOMEBODY_ELSE, conversation_id=mine) == []
        assert await said.find("goat", Scope("me", "app", "visitor")) == []
        await said.settle()


async def test_one_conversation_or_one_side_of_it(said: Said) -> None:
    here = await said.add(GOAT)
    await said.add(f"Really? {GOAT}", conversation_id=here, role=Role.ASSISTANT)
    await said.add("Another goat.", user="ada")
    for _ in range(2):
        assert {*await said.find("goat", conversation_id=here)} == {GOAT, f"Really? {GOAT}"}
        assert await said.find("goat", conversation_id=here, role=Role.USER) == [GOAT]
        assert await said.find("goat", role=Role.ASSISTANT) == [f"Really? {GOAT}"]
        await said.settle()


async def test_an_answer_is_found_when_it_has_ended(stores: Stores, said: Said) -> None:
    rig = Rig(stores, [HALF])
    turn = await begun(rig, "What is a goat?")
    await said.settle()
    assert await said.find("half") == []
    assert await said.find("goat") == ["What is a goat?"]
    await rig.engine.stop(ME, turn.id)
    assert await said.find("half") == ["half "]
    await said.settle()
    assert await said.find("half") == ["half "]


async def test_a_message_that_waits_is_found_when_it_is_said(stores: Stores, said: Said) -> None:
    """With all that came with it."""
    rig = Rig(stores, [HALF, ["fine"]])
    turn = await begun(rig)
    earlier = tuple(Prompt(Role.USER, f"goat {number}") for number in range(3))
    waits = await rig.start("goat 3", conversation_id=turn.conversation_id, earlier=earlier)
    await said.settle()
    assert await said.find("goat") == []
    await rig.engine.stop(ME, turn.id)
    await rig.engine.wait(ME, waits.turn.id)
    await said.settle()
    assert {*await said.find("goat")} == {f"goat {number}" for number in range(4)}


async def test_what_leaves_the_head_branch_is_not_found_any_more(
    stores: Stores, said: Said
) -> None:
    rig = Rig(stores, ["a white goat", "a black goat", BROKEN, "a sheep"])
    turn = (await rig.say("Name an animal")).turn
    await said.settle()
    await again(rig, turn, Regeneration())
    await said.settle()
    assert await said.find("goat") == ["a black goat"]
    await again(rig, turn, Regeneration())
    await said.settle()
    assert await said.find("goat") == ["a black goat"], "it is back"
    await again(rig, turn, Edit(turn.user_message_id), "Name another")
    await said.settle()
    assert await said.find("goat") == []
    assert {*await said.find("name sheep")} == {"Name another", "a sheep"}


async def test_what_is_deleted_leaves_nothing(stores: Stores, said: Said) -> None:
    rig = Rig(stores, lambda _: ["goats"])
    first = (await rig.say("One goat")).turn
    await rig.say("Two goats", conversation_id=first.conversation_id)
    other = await said.add(GOAT, scope=SOMEBODY_ELSE)
    await said.settle()
    await stores.conversations.delete_turn(ME, first.id)
    assert {*await said.find("goats")} == {"Two goats", "goats"}
    await stores.conversations.delete(ME, first.conversation_id)
    assert await said.find("goats") == []
    await said.settle()
    assert [await said.count(table) for table in INDEX] == [1, 1, 0]
    assert await said.find("goat", SOMEBODY_ELSE) == [GOAT]
    await stores.conversations.delete(SOMEBODY_ELSE, other)
    assert [await said.count(table) for table in INDEX] == [0, 0, 0]


async def test_an_account_that_ends_leaves_nothing(stores: Stores, said: Said) -> None:
    for scope in (ME, SOMEBODY_ELSE):
        await stores.move_in(scope)
        await said.add(GOAT, TAX, scope=scope)
    await said.settle()
    await said.add("One more goat")
    await stores.accounts.erase(ME)
    assert [await said.count(table) for table in INDEX] == [2, 2, 0]
    await said.settle()
    assert await said.find("goat") == []
    assert await said.find("goat", SOMEBODY_ELSE) == [GOAT]


async def test_numbers_of_pieces_are_never_given_again(said: Said) -> None:
    """Codes in memory know pieces by them."""
    for restarts in (False, True):
        gone = await said.add("toga")
        await said.settle()
        assert await said.find("goat") == ["toga"]
        await said.stores.conversations.delete(ME, gone)
        if restarts:
            said.restart()
        kept = await said.add("taog")
        await said.settle()
        assert await said.find("goat") == ["taog"]
        await said.stores.conversations.delete(ME, kept)


LONG = " ".join(f"Paragraph {number} is about nothing.\n\n" * 8 for number in range(40)) + GOAT


async def test_a_long_message_is_indexed_a_piece_after_another(said: Said) -> None:
    await said.add(LONG)
    changed = await said.index.changed("", 1)
    assert changed[0].texts == {next(iter(changed[0].texts)): LONG}
    await said.indexer.index_next()
    assert await said.count("message_piece") == MOST_PIECES
    [found] = (await said.search("goat")).messages
    assert "goat" in found.content
    said.restart()
    await said.settle()
    [found] = (await said.search("goat")).messages
    assert "goat" in found.content
    assert len(found.content) <= 1_000 < len(LONG)
    shown = snippet(found.content, "goat")
    assert [shown.text[start:end] for start, end in shown.marks] == ["goat"]
    assert len(shown.text) < 300


async def test_many_changes_of_a_conversation_are_looked_at_together(said: Said) -> None:
    many = [f"goat {number}" for number in range(3 * MOST_ALONE)]
    await said.add(*many)
    await said.settle()
    assert {*await said.find("goat", limit=100)} == {*many}


@pytest.mark.parametrize("steps", range(1, 12, 2))
async def test_an_indexer_that_is_killed_ends_in_the_same_index(stores: Stores, steps: int) -> None:
    embedder = WordEmbedder()
    said = Said(stores, embedder)
    here = await said.add(LONG, GOAT, TAX)
    await said.add(GOAT, scope=SOMEBODY_ELSE)
    await said.add(*(f"goat {number}" for number in range(10)), conversation_id=here)
    for step in range(steps):
        if not await said.indexer.index_next():
            await said.indexer.embed_next()
        # In the middle of embedding, whatever there is to embed.
        embedder.may_go_on.clear()
        task = asyncio.create_task(said.indexer.embed_next())
        await asyncio.sleep(0.01 if step % 2 else 0)
        task.cancel()
        await asyncio.wait([task])
        embedder.may_go_on.set()
        said.restart()
    await said.settle()
    killed = await said.whole_index()
    texts = [text for call in embedder.calls for text in call]
    assert len(texts) == len(killed), "nothing was embedded twice"
    await said.forget()
    await said.settle()
    assert await said.whole_index() == killed


async def test_an_export_brings_the_index_along(
    said: Said, database_url: str, tmp_path: Path
) -> None:
    here = await said.add(GOAT, TAX)
    await said.settle()
    before = await said.whole_index()
    file = tmp_path / "export"
    with file.open("wb") as out, source(locate(database_url, Path())) as found:
        export(found, out, lambda done, total: None)
    there = SqliteFile(tmp_path / "there.db")
    with file.open("rb") as read, target(there) as empty:
        load(read, empty, lambda done, total: None)
    async with open_stores(f"sqlite:///{there}") as others:
        embedder = WordEmbedder()
        moved = Said(others, embedder)
        await moved.settle()
        assert embedder.calls == []
        assert await moved.whole_index() == before
        assert await moved.find("goat", conversation_id=here) == [GOAT]
        assert await moved.count("message_change") == 0


async def test_while_another_model_is_at_work_the_one_before_finds(stores: Stores) -> None:
    old, new = WordEmbedder("test/old"), WordEmbedder("test/new")
    said = Said(stores, old)
    await said.add("toga", *(f"sheep {number}" for number in range(20)))
    await said.settle()
    said = Said(stores, new, old)
    await said.indexer.embed_next()
    asked = len(new.calls)
    assert await said.find("goat") == ["toga"]
    assert len(new.calls) == asked, "the old one embedded the query"
    await said.settle()
    assert await said.find("goat") == ["toga"]
    assert len(new.calls) > asked
    assert {row[-3] for row in (await said.whole_index()).values()} == {"test/new"}


@pytest.mark.parametrize("most", [3, 5])
async def test_of_frequent_words_the_newest_are_looked_at(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    said = Said(stores)
    await said.add("the lighthouse", *(f"the goat {number}" for number in range(6)))
    await said.add(*(f"the sheep {number}" for number in range(6)))
    await said.settle()
    goats = sorted(serial for serial, _ in await said.index.by_words(ME, Within(), ["goat"], 100))
    assert len(goats) == 6
    for module in (rarity, of_sqlite, of_postgres):
        monkeypatch.setattr(module, "FREQUENT", most)
    assert await said.find("the lighthouse") == ["the lighthouse"]
    both = await said.index.by_words(ME, Within(), ["goat", "the"], 100)
    best = {serial for serial, score in both if score == both[0][1]}
    # Which others are looked at for one word alone is left to PostgreSQL.
    assert set(goats[-most:]) <= best <= set(goats)


WORDS = st.sampled_from(["goat", "sheep", "tax", "of", "running", "Brest", "x1", "été"])
MESSAGES = st.lists(
    st.tuples(st.booleans(), st.sampled_from([None, "ada"]), st.lists(WORDS, min_size=1)),
    max_size=8,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(MESSAGES, WORDS, st.sampled_from([None, "ada"]), st.integers(0, 5), st.booleans())
async def test_a_word_finds_all_that_have_it_and_nothing_of_others(
    stores: Stores,
    messages: list[tuple[bool, str | None, list[str]]],
    word: str,
    user: str | None,
    steps: int,
    by_meaning: bool,
) -> None:
    """However far the indexer has come."""
    said = Said(stores, WordEmbedder()) if by_meaning else Said(stores)
    me, somebody_else = Scope(new_id()), Scope(new_id())
    whose: dict[bool, list[str]] = {True: [], False: []}
    for mine, label, words in messages:
        text = f"{len(whose[True]) + len(whose[False])}: {' '.join(words)}"
        await said.add(text, scope=me if mine else somebody_else, user=label)
        whose[mine and label == user].append(text)
    for _ in range(steps):
        await said.indexer.index_next()
        await said.indexer.embed_next()
    found = await said.find(word, me, user_label=user)
    assert len(found) == len({*found})
    having = {text for text in whose[True] if word in text.split()}
    assert having <= {*found} <= {*whose[True]}
    if not by_meaning:
        assert {*found} == having
