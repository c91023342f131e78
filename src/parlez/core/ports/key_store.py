"""Where keys live: one method per transaction."""

import builtins
from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.keys import ApiKey, StoredKey


class KeyStore(Protocol):
    async def create(self, scope: Scope, key: ApiKey, secret_hash: str) -> None:
        """Raises `NotFound` if there is no such account."""
        ...

    async def list(self, scope: Scope) -> list[ApiKey]:
        """All keys of an account, oldest first, revoked ones included."""
        ...

    async def one(self, scope: Scope, key_id: str) -> ApiKey:
        """Raises `NotFound`."""
        ...

    async def revoke(self, scope: Scope, key_id: str, now: int) -> ApiKey:
        """End a key. Raises `NotFound`."""
        ...

    async def replace(
        self, scope: Scope, key_id: str, new: ApiKey, secret_hash: str, ends_at: int
    ) -> ApiKey:
        """Add a key with the budgets of another one, and let that end at a time if it would not end
        earlier; that other one. Raises `NotFound`, and `Conflict` if it was revoked."""
        ...

    async def find(self, key_id: str) -> StoredKey | None:
        """A key of any account, for the check of a credential alone."""
        ...

    async def drop_tokens(self, scope: Scope, most: int) -> builtins.list[str]:
        """Delete the tokens of an account that were not used for longest, so that so many are left;
        their ids."""
        ...

    async def drop_unused_tokens(self, before: int) -> builtins.list[str]:
        """Delete the tokens of all accounts that were not used since a time; their ids."""
        ...

    async def touch(self, key_id: str, now: int) -> None:
        """Note that a key was used."""
        ...
