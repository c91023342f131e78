"""Reading files."""

from pathlib import Path
from typing import Protocol

from parlez.core.documents import Page


class Reader(Protocol):
    async def read(self, file: Path, name: str) -> list[Page]:
        """The text of a file that was sent under a name, in order. Cancelling it ends it at once.
        Raises `UnreadableFile`, with the reason as its code."""
        ...
