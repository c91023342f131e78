from hypothesis import given
from hypothesis import strategies as st

from parlez.providers.text import TextJoiner, storable

ANY_TEXT = st.text(st.sampled_from("ab\0\xe9\U0001f600\ud83d\ude00"))


def test_what_cannot_be_stored_is_replaced():
    assert storable("a\0b\ud83d") == "a\ufffdb\ufffd"
    assert storable("\ud83d\ude00 na\xefve") == "\U0001f600 na\xefve"


@given(ANY_TEXT)
def test_storable_text_can_be_encoded_and_stays_as_it_is(text):
    clean = storable(text)
    clean.encode()
    assert "\0" not in clean
    assert storable(clean) == clean


@given(st.lists(ANY_TEXT))
def test_pieces_say_what_the_whole_says(pieces):
    joiner = TextJoiner()
    said = [joiner.push(piece) for piece in pieces]
    assert "".join(said) + joiner.finish() == storable("".join(pieces))
