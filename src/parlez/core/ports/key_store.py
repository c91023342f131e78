"""Where keys live: one method per transaction."""

from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.keys import ApiKey, StoredKey


class KeyStore(Protocol):
    async def create(self, scope: Scope, key: ApiKey, secret_hash: str) -> None: ...

    async def list(self, scope: Scope) -> list[ApiKey]:
        """All keys of an account, oldest first, revoked ones included."""
        ...

    async def revoke(self, scope: Scope, key_id: str, now: int) -> ApiKey:
        """End a key. Raises `NotFound`."""
        ...

    async def find(self, key_id: str) -> StoredKey | None:
        """A key of any account, for the check of a credential alone."""
        ...

    async def touch(self, key_id: str, now: int) -> None:
        """Note that a key was used."""
        ...
