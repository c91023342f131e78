"""Files of accounts, by the hash of what is in them."""

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Protocol

from parlez.core.identity import Scope


class Blobs(Protocol):
    """Every method raises `StorageError` when the disk refuses."""

    async def put(self, scope: Scope, content: BinaryIO) -> tuple[str, int]:
        """Keep all that is read; its SHA-256 and its bytes. What is there already is kept once."""
        ...

    def path(self, scope: Scope, sha256: str) -> Path:
        """Where it can be read."""
        ...

    async def remove(self, scope: Scope, sha256: str) -> None: ...

    async def remove_all(self, scope: Scope) -> int:
        """Everything of an account; how many files."""
        ...

    async def sweep(self, known: Collection[tuple[str, str]]) -> None:
        """Remove what was begun and left, and of the accounts that are known the files that are
        not. An account that is not known at all may be another database's. Nothing may be put
        meanwhile."""
        ...
