"""Sentences and where they stand."""

import re
from collections.abc import Iterator

_END = re.compile(r"""(?<=[.!?…。！？])["'”’)\]]*(?:\s*\[\d+\])*(?:\s+|$)|\n+""")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each sentence, without the white space around it. Marks like [1] behind
    its full stop belong to it."""
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        raw = text[start:end]
        if raw.strip():
            first = start + len(raw) - len(raw.lstrip())
            yield first, first + len(raw.strip())
        start = end
