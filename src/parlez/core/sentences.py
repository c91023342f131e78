"""Sentences and where they stand."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_END = re.compile(r"""[.!?…。！？]["'”’)\]]*(?:\s*\[\d+\])*(?:\s+|$)|\n+""")
_DOCUMENT_END = re.compile(
    r"""[.!?…]["'”’)\]]*\s+(?=[^\sa-z])"""  # then something that is no small letter
    r"|[。！？]\s*"
)
_BREAK = re.compile(
    r"\n[ \t]*\n\s*"
    r"|\n(?=\s*(?:[-*•]|\d+[.)])\s)"  # the next entry of a list
    r"|\n(?=\|)"  # the next row of a table
)
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|e\.g|i\.e|Dr|Mr|Mrs|Ms|Prof|St|vs|Fig|cf|al|Jr|Sr|Inc|Ltd|Co)\.$"
)
_HEADING = re.compile(r"#{1,6}[ \t].*")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each sentence of an answer, without the white space around it. A line
    ends its last one, and marks like [1] behind its full stop belong to it."""
    ends = [
        match.end()
        for match in _END.finditer(text)
        if "\n" in match[0] or not _shortens(text, match)
    ]
    return _between(text, ends)


def document_sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of a document's text end, with the white space behind them. Lines of its
    paragraphs may be broken anywhere."""
    ends = {match.end() for match in _BREAK.finditer(text, start, end)}
    for match in _DOCUMENT_END.finditer(text, start, end):
        if not _shortens(text, match):
            ends.add(match.end())
    return sorted(ends)


def statements(text: str) -> list[tuple[int, int]]:
    """The start and end of each sentence of a piece of a document that says something: without its
    headings, unless it has nothing else."""
    found = list(_between(text, document_sentence_ends(text, 0, len(text))))
    return [each for each in found if not _HEADING.fullmatch(text, *each)] or found


def _shortens(text: str, end: re.Match[str]) -> bool:
    """Whether an end is no more than the full stop of a shortened word."""
    if not end[0].startswith("."):
        return False
    begun = text[max(end.start() - 8, 0) : end.start() + 1]
    numbers = begun.endswith("No.") and text[end.end() : end.end() + 1].isdigit()
    return numbers or _ABBREVIATION.search(begun) is not None


def _between(text: str, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What a text is cut into, without white space around it; nothing where there is nothing
    else."""
    for start, end in pairwise([0, *ends, len(text)]):
        raw = text[start:end]
        if raw.strip():
            first = start + len(raw) - len(raw.lstrip())
            yield first, first + len(raw.strip())
