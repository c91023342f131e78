"""Snippets show what was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from parlez.core.snippets import LONGEST, snippet

_WORDS = st.lists(st.sampled_from(["goat", "Goats", "of", "lighthouse\n", "x" * 300, "é", "🐐"]))


def test_the_part_is_shown_where_the_words_stand() -> None:
    text = f"{'nothing here ' * 50}but a goat climbed a lighthouse {'and more ' * 50}"
    found = snippet(text, "goats in lighthouses")
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert [found.text[start:end] for start, end in found.marks] == ["goat", "lighthouse"]


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    assert snippet("A goat.\n\nA sheep.", "sheep").text == "A goat. A sheep."
    assert snippet("A goat.", "tax").marks == ()
    assert snippet("", "tax").text == ""


@given(_WORDS, _WORDS)
def test_marks_are_words_of_the_snippet(said: list[str], asked: list[str]) -> None:
    found = snippet(" ".join(said), " ".join(asked))
    assert len(found.text) <= LONGEST + 2
    for start, end in found.marks:
        assert 0 <= start < end <= len(found.text)
        assert not set(found.text[start:end]) & {" ", "…"}
