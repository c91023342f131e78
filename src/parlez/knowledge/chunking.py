"""Cutting text into pieces that can be found and quoted.

Pieces end where sentences do and never reach over a heading or a page. Neighbours share a sentence,
so that what hangs together is together in one of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parlez.core.documents import Chunk, Page
from parlez.core.sentences import document_sentence_ends

MOST_CHARACTERS = 1_000
"""A piece of English is then about as long as the embedded model reads, which is 256 tokens."""

LEAST_CHARACTERS = 150
"""What is shorter than this joins what follows, rather than end with its paragraph."""

JOINED = 300
"""What paragraphs may be together, in characters, to make one piece."""

OVERLAP = 200
"""The longest sentence, in characters, that begins the next piece too."""

_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of a page, with the white space that follows it."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def chunks(pages: Sequence[Page]) -> Iterator[Chunk]:
    """All of a document's text but the white space between pieces, in order."""
    place = 0
    heading = ""
    for page in pages:
        for block in _blocks(page.text):
            title = _HEADING.match(page.text, block.start, block.end)
            if title:
                heading = title[1].strip().rstrip("#").rstrip()[:200]
            for span in _pieces(page.text, block):
                text = page.text[span.start : span.end]
                start = page.start + span.start
                yield Chunk(place, page.number, start, start + len(text), heading, text)
                place += 1


def _blocks(text: str) -> Iterator[_Span]:
    """The text under each heading, the heading included."""
    start = 0
    for line in re.finditer(r"^#{1,6}[ \t]+\S", text, re.MULTILINE):
        # Headings that follow each other stay together, with what they are above of.
        if not _only_headings(text[start : line.start()]):
            yield _Span(start, line.start())
            start = line.start()
    if text[start:].strip():
        yield _Span(start, len(text))


def _only_headings(text: str) -> bool:
    return all(not line.strip() or _HEADING.match(line) for line in text.splitlines())


def _pieces(text: str, block: _Span) -> Iterator[_Span]:
    sentences = list(_sentences(text, block))
    first = 0
    while first < len(sentences):
        last = _last_of_piece(text, sentences, first)
        yield _stripped(text, _Span(sentences[first].start, sentences[last].end))
        if last + 1 == len(sentences):
            return
        first = last if last > first and _is_shared(text, sentences, last) else last + 1


def _is_shared(text: str, sentences: Sequence[_Span], last: int) -> bool:
    """Whether the sentence that a piece ends with begins the next one too. A paragraph ends with
    its piece, and with a sentence that leaves the next no room nothing would be won."""
    sentence, following = sentences[last], sentences[last + 1]
    fits = following.end - sentence.start <= MOST_CHARACTERS
    return fits and sentence.length <= OVERLAP and not _ends_paragraph(text, sentence)


def _last_of_piece(text: str, sentences: Sequence[_Span], first: int) -> int:
    """The sentence that a piece ends with: at the end of a paragraph if one ends in time, and else
    when it is full."""
    start = sentences[first].start
    for last in range(first, len(sentences)):
        if last + 1 == len(sentences) or sentences[last + 1].end - start > MOST_CHARACTERS:
            return last
        if (
            sentences[last].end - start >= LEAST_CHARACTERS
            and _ends_paragraph(text, sentences[last])
            and not _fits_paragraph(text, sentences, last + 1, start)
        ):
            return last
    raise AssertionError("there is a last sentence")


def _fits_paragraph(text: str, sentences: Sequence[_Span], first: int, start: int) -> bool:
    """Whether the paragraph that begins with a sentence is short enough to be part of a piece."""
    for sentence in sentences[first:]:
        if sentence.end - start > JOINED:
            return False
        if _ends_paragraph(text, sentence):
            return True
    return True


def _ends_paragraph(text: str, sentence: _Span) -> bool:
    end = text[sentence.start : sentence.end]
    return end[len(end.rstrip()) :].count("\n") > 1


def _sentences(text: str, block: _Span) -> Iterator[_Span]:
    """All of a block, cut after each sentence and the white space behind it. What is longer than a
    piece is cut between words, or where it must be."""
    start = block.start
    for end in [*document_sentence_ends(text, block.start, block.end), block.end]:
        while end - start > MOST_CHARACTERS:
            cut = text.rfind(" ", start + MOST_CHARACTERS // 2, start + MOST_CHARACTERS)
            cut = cut + 1 if cut > 0 else start + MOST_CHARACTERS
            yield _Span(start, cut)
            start = cut
        if text[start:end].strip():
            yield _Span(start, end)
        start = end


def _stripped(text: str, span: _Span) -> _Span:
    raw = text[span.start : span.end]
    start = span.start + len(raw) - len(raw.lstrip())
    return _Span(start, max(start, span.start + len(raw.rstrip())))
