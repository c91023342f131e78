"""Event streams, after
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlez.providers.sse import EventReader, EventTooLong


def read(*chunks, limit=10_000):
    reader = EventReader(limit)
    return [data for chunk in chunks for data in reader.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\rdata: three\n\n", [b"one", b"two", b"three"]),
        (b"data: one\r\ndata: two\r\n\r\n", [b"one\ntwo"]),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [b"YHOO\n+2\n10"]),
        (b": a comment\n\nevent: add\nid: 7\nretry: 5\ndata:{}\n\n", [b"{}"]),
        (b"data\n\ndata\ndata\n\ndata:", [b"", b"\n"]),
        (b"data:  two spaces\n\n", [b" two spaces"]),
        (b"\xef\xbb\xbfdata: marked\n\n", [b"marked"]),
        (b"data: cut", []),
        (b"data: cut\n", []),
        (b"database: no\n\n", []),
    ],
    ids=range(11),
)
def test_the_standards_rules(stream, events):
    assert read(stream) == events
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == events


PIECES = st.lists(
    st.sampled_from(
        [
            b"data",
            b":",
            b" ",
            b"\n",
            b"\r",
            b"x",
            b"\xef\xbb\xbf",
            b"",
            b"data: y\n\n",
            b"data: z\r\n",
        ]
    )
)


@given(PIECES, st.lists(st.integers(0, 100)))
def test_any_split_gives_the_same_events(pieces, cuts):
    stream = b"".join(pieces)
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(bounds)]
    assert read(*chunks) == read(stream)


@given(PIECES)
def test_line_ends_are_all_alike(pieces):
    stream = b"".join(pieces).replace(b"\r", b"")
    assert (
        read(stream.replace(b"\n", b"\r\n")) == read(stream) == read(stream.replace(b"\n", b"\r"))
    )


@pytest.mark.parametrize("stream", [b"data: 12345", b"data: 12345\n\n", b"data: 1\n" * 6])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_what_is_too_long_is_refused_wherever_it_is_split(stream, size):
    with pytest.raises(EventTooLong):
        read(*(stream[at : at + size] for at in range(0, len(stream), size)), limit=10)
    assert read(b"data: 1234\n\n", limit=10) == [b"1234"]
