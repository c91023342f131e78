"""Text that every database and encoder takes.

JSON can spell what is no Unicode text: half a surrogate pair, alone. And PostgreSQL stores no
NUL. Both become U+FFFD, the replacement character.
"""

import re

REPLACEMENT = "\ufffd"

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The same text with surrogate pairs joined and whatever cannot be stored replaced."""
    if text.isascii():
        return text.replace("\0", REPLACEMENT)
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub(REPLACEMENT, _PAIR.sub(_join, text))


class TextJoiner:
    """Makes text that comes in pieces storable, where a piece may end within a pair."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, piece: str) -> str:
        """What can be said now; half a pair at the end waits for the next piece."""
        if self._held:
            piece = self._held + piece
            self._held = ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            piece, self._held = piece[:-1], piece[-1]
        return storable(piece)

    def finish(self) -> str:
        """What is left once no more comes: a half that waited in vain."""
        held, self._held = self._held, ""
        return storable(held)


def _join(pair: re.Match[str]) -> str:
    high, low = map(ord, pair[0])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
