"""Cutting texts: offsets are exact, and nothing is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from parlez.core.documents import Chunk, Page
from parlez.knowledge.chunking import MOST_CHARACTERS, OVERLAP, chunks

_WORDS = ["word ", "Ünï ", "日本語。", "🎈", "A sentence. ", "Dr. Who? ", "1.5 ", '"Quoted." ']
_MARKS = ["\n", "\n\n", "# Head\n", "\n## Sub\n", "| a | b |\n", "- item\n", "\t"]
_LONG = ["x" * 1_100, "long " * 250]

_pieces = st.sampled_from([*_WORDS, *_MARKS, *_LONG])
_texts = st.lists(_pieces, max_size=30).map("".join)


def paged(*texts: str) -> list[Page]:
    pages, start = [], 0
    for place, text in enumerate(texts):
        pages.append(Page(place, place + 1, start, text))
        start += len(text)
    return pages


def cut(*texts: str) -> list[Chunk]:
    return list(chunks(paged(*texts)))


@given(st.lists(_texts, min_size=1, max_size=3))
def test_chunks_are_what_stands_at_their_places(texts: list[str]) -> None:
    whole = "".join(texts)
    found = cut(*texts)
    covered = set[int]()
    for place, chunk in enumerate(found):
        assert chunk.place == place
        assert chunk.text == whole[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip() != ""
        assert len(chunk.text) <= MOST_CHARACTERS
        covered.update(range(chunk.start, chunk.end))
    lost = [place for place in range(len(whole)) if place not in covered]
    assert all(whole[place].isspace() for place in lost)


@given(st.lists(_texts, min_size=1, max_size=3))
def test_chunks_go_on_and_stay_on_their_page(texts: list[str]) -> None:
    pages = paged(*texts)
    found = list(chunks(pages))
    for chunk in found:
        page = next(each for each in pages if each.number == chunk.page)
        assert page.start <= chunk.start < chunk.end <= page.start + len(page.text)
    for before, after in pairwise(found):
        assert before.start < after.start
        assert before.end < after.end
        assert before.end - after.start <= OVERLAP


def test_headings_stay_with_what_they_are_above_of() -> None:
    found = cut("# Report\n\n## Money\n\nIt earned much.\n\n## People\n\nThey are many.")
    assert [(each.heading, each.text) for each in found] == [
        ("Report", "# Report\n\n## Money\n\nIt earned much."),
        ("People", "## People\n\nThey are many."),
    ]


def test_sentences_are_not_torn() -> None:
    sentences = [
        f"Sentence number {n} is about the house of Dr. Miller, e.g. its roof." for n in range(60)
    ]
    found = cut(" ".join(sentences))
    assert len(found) > 3
    assert all(each.text.startswith("Sentence") and each.text.endswith("roof.") for each in found)
    shared = [a.text[a.text.rfind("Sentence") :] for a in found[:-1]]
    assert all(b.text.startswith(end) for b, end in zip(found[1:], shared, strict=True))
