"""Titles of conversations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.core.titles import LONGEST, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello!", "Hello!"),
        ("  What\n\nis\tthis? ", "What is this?"),
        ("word " * 100, "word " * 11 + "word…"),
        ("x" * 100, "x" * 59 + "…"),
        ("天" * 100, "天" * 59 + "…"),
        (f"{'x' * 59} y", f"{'x' * 59}…"),
        ("x" * 60, "x" * 60),
        ("\n" * 10_000 + "late", "late"),
    ],
)
def test_a_title_has_the_first_words(text: str, title: str) -> None:
    assert title_of(text) == title


@given(st.text(min_size=1).filter(str.strip))
def test_a_title_is_short_and_on_one_line(text: str) -> None:
    title = title_of(text)
    assert 1 <= len(title) <= LONGEST
    assert title == " ".join(title.split())
