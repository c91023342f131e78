"""Assistants: what they are told and what they answer from, in whatever conversation."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from tests.support.engine import ME, SOMEBODY_ELSE, OneModel, Rig
from tests.support.library import OpenLibrary, WordEmbedder, open_library
from tests.support.store import Stores

from parlez.core.assistant_desk import AssistantDesk
from parlez.core.assistants import Assistant, AssistantChanges
from parlez.core.conversation_desk import ConversationDesk
from parlez.core.conversations import Profile
from parlez.core.documents import DocumentState
from parlez.core.errors import Conflict, IdempotencyMismatch, NotFound
from parlez.core.grounding import (
    NONE_COULD_BE_READ,
    NOT_IN_THE_DOCUMENTS,
    NOT_IN_THOSE_READ,
    NOT_YET_READ,
)
from parlez.core.identity import Scope
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.retrieval import ALL_DOCUMENTS, Sources
from parlez.core.turns import EndedTurn, IdempotencyKey, Regeneration
from parlez.storage.assistant_store import SqlAssistantStore

TOWER = b"The tower of Brest was built in 1902."
LIGHTHOUSE = b"Our lighthouse shines with two lamps."


class House:
    """An engine, a library and assistants."""

    def __init__(self, stores: Stores, library: OpenLibrary, *answers: str):
        self.stores = stores
        self.library = library
        self.rig = Rig(stores, answers, library.knowledge.grounding)
        self.conversations = ConversationDesk(
            stores.conversations, self.rig.engine, OneModel(self.rig.model)
        )
        self.desk = AssistantDesk(
            SqlAssistantStore(stores.database, stores.clock),
            library.library,
            self.conversations,
        )

    async def make(
        self, name: str = "Guide", scope: Scope = ME, key: str | None = None, **contents: bytes
    ) -> Assistant:
        idempotency = IdempotencyKey("make", key, name) if key else None
        wanted = AssistantChanges(name, "ACME", "Be brief.")
        made = await self.desk.create(scope, wanted, given(contents), idempotency)
        for document in made.documents:
            await self.library.settled(document.id, scope)
        return await self.desk.find(scope, made.number)

    async def begin(self, made: Assistant) -> str:
        """The id of a conversation with an assistant."""
        return (await self.desk.begin_chat(ME, made.number)).conversation_id

    async def say(self, text: str, conversation_id: str, **fields: Any) -> EndedTurn:
        return await self.rig.say(text, conversation_id=conversation_id, **fields)

    def told(self) -> list[Prompt]:
        """What the model was sent last."""
        return list(self.rig.model.requests[-1].messages)


def given(contents: Mapping[str, bytes]) -> list[tuple[str, BinaryIO]]:
    return [(f"{name}.txt", io.BytesIO(data)) for name, data in contents.items()]


@pytest.fixture
async def library(stores: Stores, tmp_path: Path) -> AsyncIterator[OpenLibrary]:
    async with open_library(stores, tmp_path) as opened:
        yield opened


async def test_a_chat_has_the_newest_instructions_and_documents(
    stores: Stores, library: OpenLibrary
) -> None:
    house = House(stores, library, "In 1902.", "It has two lamps.", "Two.")
    made = await house.make(tower=TOWER)
    assert (made.number, [each.name for each in made.documents]) == (1, ["tower.txt"])
    chat = await house.begin(made)
    ended = await house.say("When was the tower of Brest built?", chat)
    nothing = await house.say("Who painted the famous Sistine chapel?", chat)
    assert nothing.text == NOT_IN_THE_DOCUMENTS, "what was said before is not what this asks for"
    assert house.told()[0] == Prompt(
        Role.SYSTEM, "You are Guide, an assistant of ACME.\n\nBe brief."
    )
    assert [each.quote for each in ended.turn.citations] == [TOWER.decode()]
    changes = AssistantChanges(company_name="Light Ltd", instructions="Be long.")
    await house.desk.change(ME, 1, changes, given({"light": LIGHTHOUSE}))
    for document in (await house.desk.find(ME, 1)).documents:
        await library.settled(document.id)
    ended = await house.say("With how many lamps does our lighthouse shine?", chat)
    told = "You are Guide, an assistant of Light Ltd.\n\nBe long."
    assert house.told()[0].content == told
    assert [each.quote for each in ended.turn.citations] == [LIGHTHOUSE.decode()]
    await house.say("", chat, attachment=Regeneration())
    assert house.told()[0].content == told


async def test_documents_of_others_are_not_drawn_on(stores: Stores, library: OpenLibrary) -> None:
    """Neither those of another assistant, nor what is in the account besides."""
    house = House(stores, library)
    one = await house.make("one", tower=TOWER)
    other = await house.make("other", lighthouse=LIGHTHOUSE)
    await library.add("house.txt", b"Bananas are yellow fruits.")
    theirs = await house.make("one", SOMEBODY_ELSE, mill=b"Windmills grind wheat.")
    for question, answering in (
        ("With how many lamps does our lighthouse shine?", other),
        ("When was the tower of Brest built?", one),
        ("Which fruits are yellow?", None),
        ("What do windmills grind?", None),
    ):
        for assistant in (one, other):
            found = await house.desk.search(ME, assistant.number, question, 5)
            assert {each.document_id for each in found} <= {assistant.documents[0].id}
            if assistant is not answering:
                ended = await house.say(question, await house.begin(assistant))
                assert ended.text == NOT_IN_THE_DOCUMENTS
    with pytest.raises(NotFound):
        await house.conversations.create(ME, None, Profile(assistant_id=theirs.id))
    both = Sources((other.documents[0].id,), one.id)
    found = await library.library.search(ME, both, "Which towers and lighthouses are there?", 5)
    assert {each.document for each in found} == {"tower.txt", "lighthouse.txt"}
    assert await library.library.search(ME, Sources(assistant_id=theirs.id), "mill", 5) == []
    for number in (one.number, other.number):
        for there, scope in ((True, ME), (number == theirs.number, SOMEBODY_ELSE)):
            assert (await _is_there(house, scope, number)) is there


async def _is_there(house: House, scope: Scope, number: int) -> bool:
    try:
        await house.desk.find(scope, number)
    except NotFound:
        return False
    return True


async def test_a_turn_may_say_otherwise(stores: Stores, library: OpenLibrary) -> None:
    house = House(stores, library, "So I think.", "Again.", "In 1902.", "Brest is a town.")
    made = await house.make(tower=TOWER)
    chat = await house.begin(made)
    question = "When was the tower of Brest built?"
    ended = await house.say(question, chat, no_search=True)
    assert (ended.turn.sources, house.told()[-1].content) == (None, question)
    again = await house.say("", chat, attachment=Regeneration())
    assert again.turn.sources is None, "it stays as it was asked for"
    ended = await house.say(question, chat, system_prompt="Be rude.")
    assert house.told()[0].content == "Be rude."
    assert ended.turn.citations
    await house.conversations.change(ME, chat, {"system_prompt": "Be mine."})
    ended = await house.say("What is Brest?", chat, sources=ALL_DOCUMENTS)
    assert house.told()[0].content == "Be mine."
    assert ended.turn.sources == ALL_DOCUMENTS


async def test_without_documents_it_is_a_chatbot(stores: Stores, library: OpenLibrary) -> None:
    house = House(stores, library, "Hello.", "In 1902, I think.")
    made = await house.make()
    chat = await house.begin(made)
    ended = await house.say("When was the tower of Brest built?", chat)
    assert (ended.text, ended.turn.citations) == ("Hello.", ())
    await house.desk.delete(ME, made.number)
    ended = await house.say("And the lighthouse?", chat)
    assert (ended.text, ended.turn.system_prompt) == ("In 1902, I think.", None)
    with pytest.raises(NotFound):
        await house.desk.begin_chat(ME, made.number)
    with pytest.raises(NotFound):
        await house.rig.say(profile=Profile(assistant_id=made.id))


async def test_it_answers_from_what_it_is_told(stores: Stores, library: OpenLibrary) -> None:
    house = House(stores, library, "I am Guide.", "desk@acme.example")
    made = await house.make(tower=TOWER)
    told = AssistantChanges(instructions="Be brief. The help desk is at desk@acme.example.")
    await house.desk.change(ME, made.number, told)
    for question, answer in (
        ("Who are you?", "I am Guide."),
        ("Where is the help desk?", "desk@acme.example"),
        ("Who leads the help desk?", NOT_IN_THE_DOCUMENTS),
    ):
        ended = await house.say(question, await house.begin(made))
        assert (ended.text, ended.turn.citations) == (answer, ())


async def test_it_says_what_is_not_read_yet(stores: Stores, tmp_path: Path) -> None:
    embedder = WordEmbedder()
    async with open_library(stores, tmp_path, embedder) as library:
        house = House(stores, library)
        failed = await house.make("failed", broken=b"\0\0\0 no text")
        assert failed.documents[0].state is DocumentState.FAILED
        assert failed.documents[0].reason
        question = "When was the tower of Brest built?"
        ended = await house.say(question, await house.begin(failed))
        assert ended.text == NONE_COULD_BE_READ
        half = await house.make("half", lighthouse=LIGHTHOUSE)
        embedder.may_go_on.clear()
        wanted = AssistantChanges("none", "", "")
        none = await house.desk.create(ME, wanted, given({"tower": TOWER}))
        await house.desk.change(ME, half.number, AssistantChanges(), given({"tower": TOWER}))
        for made, said in ((none, NOT_YET_READ), (half, NOT_IN_THOSE_READ)):
            ended = await house.say(question, await house.begin(made))
            assert ended.text == said
        embedder.may_go_on.set()


async def test_what_was_uploaded_for_it_goes_with_the_last_that_has_it(
    stores: Stores, library: OpenLibrary
) -> None:
    house = House(stores, library)
    await library.add("kept.txt", TOWER)
    one = await house.make("one", kept=TOWER, shared=LIGHTHOUSE, own=b"Something else.")
    two = await house.make("two", shared=LIGHTHOUSE)
    ids = {each.name: each.id for each in one.documents}
    assert two.documents[0].id == ids["shared.txt"]
    await house.desk.remove_document(ME, one.number, ids["own.txt"])
    for number, document_id in ((one.number, ids["own.txt"]), (two.number, ids["kept.txt"])):
        with pytest.raises(NotFound):
            await house.desk.remove_document(ME, number, document_id)
    await house.desk.delete(ME, one.number)
    assert await _names(library) == {"kept.txt", "shared.txt"}
    changed = await house.desk.change(
        ME, two.number, AssistantChanges(replace_files=True), given({"new": b"New."})
    )
    assert [each.name for each in changed.documents] == ["new.txt"]
    assert await _names(library) == {"kept.txt", "new.txt"}
    await library.upload("new.txt", b"New.")
    await house.desk.delete(ME, two.number)
    assert await _names(library) == {"kept.txt", "new.txt"}, "it was uploaded for itself since"
    three = await house.make("three", kept=TOWER)
    assert three.number == 3
    await library.library.remove(ME, ids["kept.txt"])
    assert (await house.desk.find(ME, 3)).documents == ()


async def test_its_files_are_erased_with_it(
    stores: Stores, library: OpenLibrary, tmp_path: Path
) -> None:
    house = House(stores, library)
    made = await house.make(tower=TOWER, lighthouse=LIGHTHOUSE)

    def stored() -> int:
        return len(list((tmp_path / "files").glob("*/*")))

    assert stored() == 2
    await house.desk.remove_document(ME, made.number, made.documents[0].id)
    await _until(lambda: stored() == 1)
    await house.desk.delete(ME, made.number)
    await _until(lambda: stored() == 0)


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.02)


async def _names(library: OpenLibrary) -> set[str]:
    return {each.name for each in (await library.library.page(ME, 50))[0]}


async def test_a_name_is_given_once(stores: Stores, library: OpenLibrary) -> None:
    house = House(stores, library)
    one = await house.make("one", key="k", tower=TOWER)
    assert await house.make("one", key="k", tower=TOWER) == one
    with pytest.raises(IdempotencyMismatch):
        await house.make("one", key="k", tower=LIGHTHOUSE)
    with pytest.raises(Conflict):
        await house.make("one")
    two = await house.make("two")
    with pytest.raises(Conflict):
        await house.desk.change(ME, two.number, AssistantChanges("one"))
    assert (await house.desk.change(ME, two.number, AssistantChanges("two"))).name == "two"
    listed = await house.desk.page(ME, 10, 0)
    assert [(each.name, len(each.documents)) for each in listed] == [("one", 1), ("two", 0)]
    assert [each.name for each in await house.desk.page(ME, 1, 1)] == ["two"]
    assert await house.desk.page(SOMEBODY_ELSE, 10, 0) == []


async def test_chats_are_numbered(stores: Stores, library: OpenLibrary) -> None:
    house = House(stores, library)
    made = await house.make()
    key = IdempotencyKey("chat", "k", "print")
    first = await house.desk.begin_chat(ME, made.number, key)
    assert first.number == 1
    assert await house.desk.begin_chat(ME, made.number, key) == first
    second = await house.desk.begin_chat(ME, made.number)
    assert (second.number, second.assistant_number) == (2, 1)
    await house.conversations.delete(ME, second.conversation_id)
    assert (await house.desk.begin_chat(ME, made.number)).number == 3
    assert await house.desk.chat(ME, 1) == first
    assert await house.desk.chat_of(ME, first.conversation_id) == first
    with pytest.raises(NotFound):
        await house.desk.chat(SOMEBODY_ELSE, 1)
    with pytest.raises(NotFound):
        await house.desk.chat_of(SOMEBODY_ELSE, first.conversation_id)
