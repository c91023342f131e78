"""Reading Parlez' streams."""

from collections.abc import AsyncIterator

from parlez.cli.event_stream import StreamedEvent, read_events

STREAM = (
    b'id: 1.0\nevent: turn-started\ndata: {}\n\n:\n\nid: 2.2\nevent: text-delta\ndata: {"text": '
    b'"a: \\n"}\n\nevent: resume\ndata: {"code": "x"}\n\nid: 3.9\nevent: text-delta\ndata: {"te'
)


async def lines() -> AsyncIterator[bytes]:
    for line in STREAM.splitlines(keepends=True):
        yield line


async def test_events_comments_and_a_cut() -> None:
    assert [event async for event in read_events(lines())] == [
        StreamedEvent("turn-started", {}, "1.0"),
        StreamedEvent("text-delta", {"text": "a: \n"}, "2.2"),
        StreamedEvent("resume", {"code": "x"}),
    ]
