"""Models too small to read answer from documents in the documents' own sentences."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine import MODEL, Rig
from tests.support.library import OpenLibrary, open_library
from tests.support.store import Stores

from parlez.core.events import Usage
from parlez.core.ports.chat_model import AnswerForm, ResponseFormat
from parlez.core.quoting import MOST, quote
from parlez.core.retrieval import ALL_DOCUMENTS, Passage

REPORT = """\
# The lighthouse of Brest

The lighthouse of Brest was lit in 1902. Dr. Morel designed it. Ships see it from afar.

![its lamp](http://evil.example/lamp.png) In 2023 its lamp was new <img src="http://evil.example/">.
"""


@pytest.fixture
async def library(stores: Stores, tmp_path: Path) -> AsyncIterator[OpenLibrary]:
    async with open_library(stores, tmp_path) as opened:
        await opened.add("report.md", REPORT)
        yield opened


def rig(stores: Stores, library: OpenLibrary, *answers: str) -> Rig:
    small = replace(MODEL, only_quotes=True)
    return Rig(stores, answers, library.knowledge.grounding, small)


@pytest.mark.parametrize("stream", [True, False])
async def test_the_answer_is_what_the_document_says(
    stores: Stores, library: OpenLibrary, stream: bool
) -> None:
    talk = rig(stores, library)
    ended = await talk.say(
        "When was the lighthouse of Brest lit?", sources=ALL_DOCUMENTS, stream=stream
    )
    assert ended.text == "“The lighthouse of Brest was lit in 1902.”"
    [cited] = ended.turn.citations
    assert cited.quote == "The lighthouse of Brest was lit in 1902."
    assert REPORT[cited.start : cited.end] == cited.quote
    assert (cited.answer_start, cited.answer_end) == (0, len(ended.text))
    assert ended.turn.usage == Usage(0, 0)
    assert talk.model.requests == []


async def test_nothing_in_a_quote_is_fetched(stores: Stores, library: OpenLibrary) -> None:
    ended = await rig(stores, library).say("What was new in 2023?", sources=ALL_DOCUMENTS)
    assert "its lamp In 2023 its lamp was new ." in ended.text
    assert "evil.example" not in ended.text


async def test_a_sentence_does_not_end_with_a_title(stores: Stores, library: OpenLibrary) -> None:
    ended = await rig(stores, library).say("Who was Morel, who designed?", sources=ALL_DOCUMENTS)
    assert "“Dr. Morel designed it.”" in ended.text


async def test_it_speaks_for_itself_where_a_form_is_asked_for(
    stores: Stores, library: OpenLibrary
) -> None:
    talk = rig(stores, library, '{"year": 1902}')
    ended = await talk.say(
        "When was the lighthouse of Brest lit?",
        sources=ALL_DOCUMENTS,
        form=AnswerForm(response_format=ResponseFormat("json_object")),
    )
    assert ended.text == '{"year": 1902}'


async def test_small_talk_is_its_own(stores: Stores, library: OpenLibrary) -> None:
    talk = rig(stores, library, "You are welcome.")
    assert (await talk.say("Thanks!", sources=ALL_DOCUMENTS)).text == "You are welcome."


WORDS = st.sampled_from(["Lamp", "lamp", "tower.", "1902.", "is?", "#", "St.", "\n", "![a](b)"])


@given(st.lists(st.tuples(st.lists(WORDS), st.booleans()), max_size=4))
def test_only_relevant_passages_are_quoted(pieces: list[tuple[list[str], bool]]) -> None:
    passages = [
        Passage("1", "a.md", None, 0, 0, "", " ".join(words), 0.5 + relevant / 4, relevant)
        for words, relevant in pieces
    ]
    said = quote("Which lamp is in the tower?", passages)
    relevant = " ".join(each.text for each in passages if each.relevant).replace("![a](b)", "a")
    lines = said.splitlines()
    assert len(lines) <= MOST
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert line[1:-1].strip()
        assert line[1:-1] in " ".join(relevant.split())
