from hypothesis import example, given
from hypothesis import strategies as st

from parlez.providers.text import TextJoiner, storable

ANY_TEXT = st.lists(st.sampled_from("ab\0\xe9\U0001f600\ud83d\ude00")).map("".join)


def test_what_cannot_be_stored_is_replaced():
    assert storable("a\0b\ud83d") == "a\ufffdb\ufffd"
    assert storable("\ud83d\ude00 na\xefve") == "\U0001f600 na\xefve"


def test_half_a_pair_waits_for_the_next_piece():
    joiner = TextJoiner()
    assert [joiner.push(piece) for piece in ("a\ud83d", "\ude00b")] == ["a", "\U0001f600b"]
    assert joiner.finish() == ""


@given(ANY_TEXT)
def test_storable_text_can_be_encoded_and_stays_as_it_is(text):
    clean = storable(text)
    clean.encode()
    assert "\0" not in clean
    assert storable(clean) == clean


@given(st.lists(ANY_TEXT))
@example(["\ud83d", "\ude00"])
@example(["\ud83d", "", "a"])
def test_pieces_say_what_the_whole_says(pieces):
    joiner = TextJoiner()
    said = [joiner.push(piece) for piece in pieces]
    assert "".join(said) + joiner.finish() == storable("".join(pieces))
