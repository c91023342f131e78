"""A model whose every answer follows from the message, so that it can be checked to the character.

Run alone it is a vendor of its own that outlives the servers under test: it prints its URL, and
ends with its standard input.
"""

import asyncio
import sys
from dataclasses import dataclass
from itertools import cycle, islice

from tests.support.vendor import Reply, Vendor

ALPHABET = "abc défghi 😀jk\nlm漢字nop \u2028qrs'\"\\t{}u:vw xyz—"
"""What answers are made of: characters of one to four bytes, and those that an encoding of lines
or of JSON could stumble over."""


@dataclass(frozen=True)
class Question:
    """A message that says how it wants to be answered: in how many pieces, how long each of them,
    how many seconds apart. `name` makes it different from all others."""

    name: str
    pieces: int = 12
    length: int = 7
    pace: float = 0.0

    def __str__(self) -> str:
        return f"{self.name} {self.pieces} {self.length} {self.pace}"

    @classmethod
    def parse(cls, text: str) -> "Question":
        name, pieces, length, pace = text.split()
        return cls(name, int(pieces), int(length), float(pace))

    @property
    def reply(self) -> Reply:
        endless = cycle(f"<{self.name}>{ALPHABET}")
        pieces = ["".join(islice(endless, self.length)) for _ in range(self.pieces)]
        return Reply(pieces, delay=self.pace)

    @property
    def answer(self) -> str:
        """The only right answer."""
        return self.reply.text


def answer(text: str) -> Reply:
    return Question.parse(text).reply


async def _main() -> None:
    vendor = Vendor(reply=answer)
    async with vendor.serving():
        print(vendor.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
