"""Where sentences end, in answers and in documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.core.sentences import sentences, statements

PIECES = st.sampled_from(
    ["a", "B", "Dr", ".", "!", "?", " ", "\n", "- ", "|", "#", "”", " [1]", "。"]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is. Is it? “Yes.” [1] So!", ["It is.", "Is it?", "“Yes.” [1]", "So!"]),
        ("Near St. Johns, Dr. J. Smith said.", ["Near St. Johns, Dr. J. Smith said."]),
        ("No. Rule No. 5 says so.", ["No.", "Rule No. 5 says so."]),
        ("Acme Inc.\nBrest Ltd.", ["Acme Inc.", "Brest Ltd."]),
        ("a line\nbroken", ["a line", "broken"]),
    ],
)
def test_sentences_of_an_answer(text: str, said: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The tax\nrose in 2023. It\nfell.", ["The tax\nrose in 2023.", "It\nfell."]),
        ("# Tax\n\nIt rose.", ["It rose."]),
        ("# Tax", ["# Tax"]),
        ("- Acme Inc.\n- Brest Ltd.", ["- Acme Inc.", "- Brest Ltd."]),
        ("| Year | Tax |\n| 2023 | 5 |", ["| Year | Tax |", "| 2023 | 5 |"]),
        ("Near St. Johns. Rule No. 5 held.", ["Near St. Johns.", "Rule No. 5 held."]),
    ],
)
def test_statements_of_a_document(text: str, said: list[str]) -> None:
    assert [text[start:end] for start, end in statements(text)] == said


@given(st.lists(PIECES))
def test_nothing_is_left_out_of_an_answer(pieces: list[str]) -> None:
    text = "".join(pieces)
    said = "".join(text[start:end] for start, end in sentences(text))
    assert "".join(said.split()) == "".join(text.split())
