"""Sentences of a text that is still being written."""

import asyncio
import re
from collections.abc import AsyncGenerator

from parlez.core.sentences import sentences
from parlez.core.speech import LONGEST_ANSWER

_NEXT = "x"

_CLAUSE = re.compile(r".{20,}?[,;:–—]\s", re.DOTALL)
"""Long enough to be said by itself until the next is made."""


class SentenceStream:
    """Takes a text piece by piece and gives each sentence once it is whole; of the first, which
    somebody waits for, its first clause already. It never makes the writer wait, and keeps no more
    than can be spoken."""

    def __init__(self) -> None:
        self._text = ""
        self._taken = 0
        self._ended = False
        self._changed = asyncio.Event()

    def write(self, text: str) -> None:
        left = LONGEST_ANSWER - self._taken - len(self._text)
        self._text += text[:left]
        self._changed.set()

    def end(self) -> None:
        """No more is written."""
        self._ended = True
        self._changed.set()

    async def read(self) -> AsyncGenerator[str, None]:
        """The pieces, each with the white space behind it, so that all joined are the text."""
        while True:
            self._changed.clear()
            ended = self._ended
            # Whatever comes next begins another sentence, or goes on with the last one.
            known = self._text if ended else f"{self._text}{_NEXT}"
            starts = [start for start, _ in sentences(known)]
            cuts = starts[1:] + ([len(self._text)] if ended and starts else [])
            if not cuts and self._taken == 0 and (clause := _CLAUSE.match(self._text)):
                cuts = [clause.end()]
            place = 0
            pieces = []
            for cut in cuts:
                pieces.append(self._text[place:cut])
                place = cut
            self._text = self._text[place:]
            self._taken += place
            for piece in pieces:
                yield piece
            if ended:
                return
            await self._changed.wait()
