"""Server-sent events, read from bytes that come in any pieces.

Only the data of events is of use here: vendors repeat the name of an event inside it.
See https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """A line, or the data of one event, is longer than the reader takes."""


class EventReader:
    """Gives the data of each event as soon as the empty line that ends it is there.

    `limit` bounds a line, and the data of an event, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._partial: list[bytes] = []
        self._partial_length = 0
        self._data: list[bytes] = []
        self._data_length = 0
        self._after_return = False
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The events that `chunk` completes. Iterate to the end before the next call.

        Raises `EventTooLong`, after which the stream is of no use.
        """
        if self._after_return and chunk:
            # A CR ended its line when it came; an LF right after it belongs to it.
            self._after_return = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_return = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = chunk.split(b"\n")
        if lines:
            self._keep(lines[0])
            lines[0] = b"".join(self._partial)
            self._partial.clear()
            self._partial_length = 0
            for line in lines:
                if (data := self._take(line)) is not None:
                    yield data
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        if part:
            self._partial.append(part)
            self._partial_length += len(part)
            self._bound(self._partial_length)

    def _take(self, line: bytes) -> bytes | None:
        self._bound(len(line))
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        if line.startswith(b"data:"):
            self._append(line[6:] if line.startswith(b"data: ") else line[5:])
        elif line == b"data":
            self._append(b"")
        return None

    def _append(self, value: bytes) -> None:
        self._data.append(value)
        self._data_length += len(value) + 1
        self._bound(self._data_length - 1)

    def _dispatch(self) -> bytes | None:
        if not self._data:
            return None
        data = b"\n".join(self._data)
        self._data.clear()
        self._data_length = 0
        return data

    def _bound(self, length: int) -> None:
        if length > self._limit:
            raise EventTooLong(f"more than {self._limit} bytes")
