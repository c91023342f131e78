"""Files of accounts in a folder, behind `core.ports.blobs`."""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import BinaryIO, TypeVar

from parlez.core.errors import StorageError, StorageFull
from parlez.core.identity import Scope

T = TypeVar("T")

_AT_ONCE = 1024 * 1024
_BEGUN = ".begun"


class BlobFolder:
    """`folder/<account>/<sha256>`, private to the user of the server."""

    def __init__(self, folder: Path):
        self._folder = folder

    async def put(self, scope: Scope, content: BinaryIO) -> tuple[str, int]:
        return await _off_loop(lambda: self._put(scope, content))

    def path(self, scope: Scope, sha256: str) -> Path:
        return self._of(scope) / sha256

    async def remove(self, scope: Scope, sha256: str) -> None:
        await _off_loop(lambda: self.path(scope, sha256).unlink(missing_ok=True))

    async def remove_all(self, scope: Scope) -> int:
        return await _off_loop(lambda: self._remove_all(scope))

    async def sweep(self, known: Collection[tuple[str, str]]) -> None:
        await _off_loop(lambda: self._sweep(known))

    def _of(self, scope: Scope) -> Path:
        return self._folder / scope.account_id

    def _remove_all(self, scope: Scope) -> int:
        folder = self._of(scope)
        files = len(list(folder.glob("*")))
        shutil.rmtree(folder, ignore_errors=True)
        return files

    def _put(self, scope: Scope, content: BinaryIO) -> tuple[str, int]:
        folder = self._of(scope)
        for each in (self._folder, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = folder / f"{secrets.token_hex(16)}{_BEGUN}"
        try:
            digest, size = _copy(content, begun)
            begun.rename(folder / digest)
            _sync(folder)
        except BaseException:
            begun.unlink(missing_ok=True)
            raise
        return digest, size

    def _sweep(self, known: Collection[tuple[str, str]]) -> None:
        accounts = {account for account, _ in known}
        for path in list(self._folder.glob("*/*")):
            account = path.parent.name
            is_nobodys = account in accounts and (account, path.name) not in known
            if is_nobodys or path.name.endswith(_BEGUN):
                path.unlink(missing_ok=True)
        for folder in self._folder.glob("*"):
            # One that holds something stays.
            with suppress(OSError):
                folder.rmdir()


def _copy(content: BinaryIO, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while piece := content.read(_AT_ONCE):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _sync(folder: Path) -> None:
    """A new name is on disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _off_loop(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise StorageFull("The disk is full: the file was not kept.") from None
        raise StorageError("The file could not be written or read.") from None
