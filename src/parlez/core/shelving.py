"""Keeping a file and forgetting one out of each other's way."""

import asyncio
from weakref import WeakValueDictionary

from parlez.core.identity import Scope


class Shelving:
    """A lock for each account: whoever forgets a file that nobody has any more must not meet
    somebody who just brings it again."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, scope: Scope) -> asyncio.Lock:
        lock = self._locks.get(scope.account_id)
        if lock is None:
            lock = self._locks[scope.account_id] = asyncio.Lock()
        return lock
