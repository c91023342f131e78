"""The part of a text that shows why it was found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parlez.core.words import are_alike, searched_words

LONGEST = 240
"""Characters of a snippet, without the dots that say that there is more."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a text. `marks` are where in it the words stand that were asked for: start and end,
    in Unicode code points."""

    text: str
    marks: tuple[tuple[int, int], ...]


def snippet(text: str, query: str) -> Snippet:
    """Where most of what was asked for stands, on one line; else the beginning."""
    line = " ".join(text.split())
    marks = _marks(line, query)
    start, end = _window(line, marks)
    before, after = "…" if start else "", "…" if end < len(line) else ""
    moved = len(before) - start
    return Snippet(
        f"{before}{line[start:end]}{after}",
        tuple((a + moved, b + moved) for a, b in marks if start <= a and b <= end),
    )


def _marks(line: str, query: str) -> list[tuple[int, int]]:
    asked = searched_words(query)
    return [
        match.span()
        for match in _WORD.finditer(line)
        if any(are_alike(match[0].casefold(), word) for word in asked)
    ]


def _window(line: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """A part of a line, from one word to another."""
    if len(line) <= LONGEST:
        return 0, len(line)
    best = max(marks, key=lambda mark: _seen_from(mark[0], marks), default=(0, 0))[0]
    # A few words before the first mark tell what it is about.
    start = max(0, min(best - LONGEST // 4, len(line) - LONGEST))
    end = min(start + LONGEST, len(line))
    if start:
        start = _next_word(line, start, best)
    if end < len(line):
        cut = line.rfind(" ", start, end)
        end = cut if cut > best else end
    return start, end


def _seen_from(start: int, marks: Sequence[tuple[int, int]]) -> int:
    return sum(start <= a and b <= start + LONGEST * 3 // 4 for a, b in marks)


def _next_word(line: str, start: int, most: int) -> int:
    space = line.find(" ", start, most)
    return space + 1 if space >= 0 else start
