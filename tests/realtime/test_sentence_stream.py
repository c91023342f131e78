"""Sentences of a text that is still being written."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.realtime.sentence_stream import SentenceStream


async def read(stream: SentenceStream) -> list[str]:
    return [sentence async for sentence in stream.read()]


async def test_a_sentence_is_whole_when_the_next_begins() -> None:
    stream = SentenceStream()
    reading = stream.read()
    stream.write("It is 3.5 degrees. Bri")
    assert await anext(reading) == "It is 3.5 degrees. "
    coming = asyncio.ensure_future(anext(reading))
    stream.write("ng a coat!")
    await asyncio.sleep(0)
    assert not coming.done(), "it may be the first of three"
    stream.write(" ")
    assert await coming == "Bring a coat! "
    stream.write("Or")
    stream.end()
    assert await anext(reading) == "Or"
    with pytest.raises(StopAsyncIteration):
        await anext(reading)


async def test_the_first_clause_does_not_wait_for_its_sentence() -> None:
    stream = SentenceStream()
    reading = stream.read()
    stream.write("Well, when you are asked, it is better, ")
    assert await anext(reading) == "Well, when you are asked, "
    stream.write("as you know, to answer. Then")
    assert await anext(reading) == "it is better, as you know, to answer. "


async def test_the_longest_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parlez.realtime.sentence_stream.LONGEST_ANSWER", 10)
    stream = SentenceStream()
    for _ in range(5):
        stream.write("One. ")
    stream.end()
    assert "".join(await read(stream)) == "One. One. "


@given(st.lists(st.sampled_from(["a", "Hello, ", ".", " ", "\n", "?", "!", "1.5", "…", '"'])))
def test_no_word_is_lost(pieces: list[str]) -> None:
    async def spoken() -> list[str]:
        stream = SentenceStream()
        reading = asyncio.create_task(read(stream))
        for place, piece in enumerate(pieces):
            stream.write(piece)
            if place % 3:
                await asyncio.sleep(0)
        stream.end()
        return await reading

    text = "".join(pieces)
    said = "".join(asyncio.run(spoken()))
    assert said == text or not text.removeprefix(said).strip()
