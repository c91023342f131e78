"""What changes about who may come in, and who must hear of it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

MOST_CACHED = 10_000
"""Credentials of a kind kept at hand, so that a request need not read its own."""


class Stored(Protocol):
    """A credential as it is stored, with what its account may do."""

    @property
    def account_id(self) -> str: ...


StoredT = TypeVar("StoredT", bound=Stored)


class Stopper(Protocol):
    """Ends what credentials have set going, and lets all followers look whether they still may."""

    def end_credential(self, credential_id: str) -> None: ...

    def end_account(self, account_id: str) -> None: ...


class Access:
    """Every change of a credential, or of what its account may do, goes through here. This process
    is the only one to make any, so that what it has at hand is true.

    `epoch` grows with every change. Whoever let a caller in and holds on to that looks at it now
    and then, and asks again whether the caller is good when it has grown.
    """

    def __init__(self, stopper: Stopper) -> None:
        self._stopper = stopper
        self._caches: list[CredentialCache[Stored]] = []
        self._closed: set[str] = set()
        self._watching: set[Callable[[], None]] = set()
        self.epoch = 0

    @contextmanager
    def watching(self, look: Callable[[], None]) -> Iterator[None]:
        """Have a function called after every change, within the context."""
        self._watching.add(look)
        try:
            yield
        finally:
            self._watching.discard(look)

    def cache(self, read: Callable[[str], Awaitable[StoredT | None]]) -> "CredentialCache[StoredT]":
        """Where credentials of one kind are kept at hand."""
        cache = CredentialCache(self, read)
        self._caches.append(cache)  # type: ignore[arg-type]
        return cache

    def end(self, credential_id: str) -> None:
        """A credential is good no more: its streams end and its turns stop."""
        for cache in self._caches:
            cache.forget(credential_id)
        self._grow()
        self._stopper.end_credential(credential_id)

    def change(self, account_id: str) -> None:
        """What an account may do has changed."""
        for cache in self._caches:
            cache.forget_account(account_id)
        self._grow()

    def suspend(self, account_id: str) -> None:
        """An account may do nothing any more: its streams end and its turns stop."""
        self.change(account_id)
        self._stopper.end_account(account_id)

    def close(self, account_id: str) -> None:
        """Let nobody in on an account from now on, whatever is stored of it."""
        self._closed.add(account_id)
        self.suspend(account_id)

    def reopen(self, account_id: str) -> None:
        self._closed.discard(account_id)

    def is_closed(self, account_id: str) -> bool:
        return account_id in self._closed

    def _grow(self) -> None:
        self.epoch += 1
        for look in list(self._watching):
            look()


class CredentialCache(Generic[StoredT]):
    """Credentials of one kind by their ids. Those of closed accounts are not found."""

    def __init__(self, access: Access, read: Callable[[str], Awaitable[StoredT | None]]):
        self._access = access
        self._read = read
        self._found: dict[str, StoredT] = {}

    async def find(self, credential_id: str) -> StoredT | None:
        found = self._found.get(credential_id) or await self._look_up(credential_id)
        return None if found is None or self._access.is_closed(found.account_id) else found

    async def _look_up(self, credential_id: str) -> StoredT | None:
        epoch, found = -1, None
        # What was read before a change is not true after it.
        while epoch != self._access.epoch:
            epoch = self._access.epoch
            found = await self._read(credential_id)
        if found is not None:
            if len(self._found) >= MOST_CACHED:
                self._found.clear()
            self._found[credential_id] = found
        return found

    def keep(self, credential_id: str, found: StoredT) -> None:
        """Put what is known better now in the place of what is at hand, if something is."""
        if credential_id in self._found:
            self._found[credential_id] = found

    def forget(self, credential_id: str) -> None:
        self._found.pop(credential_id, None)

    def forget_account(self, account_id: str) -> None:
        kept = {
            name: found for name, found in self._found.items() if found.account_id != account_id
        }
        self._found = kept
