"""Where a follower of a turn stands."""

import re
from dataclasses import dataclass
from typing import Self

from parlez.core.errors import InvalidInput

_PATTERN = re.compile(r"(\d{1,9})\.(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event a follower has, by its number, and the characters of the answer it has.

    The number is exact while the log stands; the characters serve once it has been pruned.
    """

    number: int = 0
    characters: int = 0

    def __str__(self) -> str:
        return f"{self.number}.{self.characters}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises `InvalidInput` for anything else."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InvalidInput(
                "Last-Event-ID is not an id of this stream: send back the last 'id:' you got, "
                "or nothing to begin at the beginning"
            )
        return cls(int(match[1]), int(match[2]))


START = Cursor()
"""Where a follower who has nothing stands."""
