"""What is said in one breath."""

import re
from collections.abc import Iterator

from parlez.core.sentences import sentences

LONGEST = 300
"""Characters, about. What is longer takes an engine long before the first of it is heard."""

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PAUSES = (";", ":", ",", " ")


def breaths(text: str) -> Iterator[str]:
    """The sentences of a text, long ones cut where one might pause; none without a word."""
    text = speakable(text)
    for start, end in sentences(text):
        while end - start > LONGEST:
            cut = _pause(text, start)
            if _has_word(text[start:cut]):
                yield text[start:cut].strip()
            start = cut
        if _has_word(text[start:end]):
            yield text[start:end].strip()


def speakable(text: str) -> str:
    """A text without the characters that no engine takes."""
    return _UNSPEAKABLE.sub(" ", text)


def _pause(text: str, start: int) -> int:
    for mark in _PAUSES:
        found = text.rfind(mark, start + LONGEST // 3, start + LONGEST)
        if found > 0:
            return found + 1
    return start + LONGEST


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))
