"""Making keys, and telling whose a credential is."""

from datetime import timedelta

from parlez.core.errors import InvalidInput, Unauthenticated
from parlez.core.identity import Caller, Right, Scope
from parlez.core.keys import ApiKey, KeySecret
from parlez.core.ports.clock import Clock
from parlez.core.ports.key_store import KeyStore

MOST_CACHED = 10_000
"""Keys kept at hand, so that a request need not read its own."""

TOUCH_EVERY = 60_000_000
"""Microseconds between two notes that a key was used."""


class KeyRing:
    """All keys of all accounts. This process is the only one to change them, so that what it has
    at hand is true."""

    def __init__(self, store: KeyStore, clock: Clock):
        self._store = store
        self._clock = clock
        self._cached: dict[str, tuple[ApiKey, str]] = {}
        self._touched: dict[str, int] = {}
        self._changes = 0

    async def create(
        self,
        scope: Scope,
        name: str,
        rights: frozenset[Right],
        lifetime: timedelta | None,
    ) -> tuple[ApiKey, KeySecret]:
        """Make a key. Its secret is returned here and never again."""
        if not rights:
            raise InvalidInput("A key needs at least one scope.")
        secret = KeySecret.generate()
        now = self._clock.now()
        expires_at = now + lifetime // timedelta(microseconds=1) if lifetime else None
        key = ApiKey(secret.id, scope.account_id, name, rights, now, expires_at, None, None)
        await self._store.create(scope, key, secret.hash())
        return key, secret

    async def list(self, scope: Scope) -> list[ApiKey]:
        return await self._store.list(scope)

    async def revoke(self, scope: Scope, key_id: str) -> ApiKey:
        """End a key at once. Raises `NotFound`."""
        key = await self._store.revoke(scope, key_id, self._clock.now())
        self._changes += 1
        self._cached.pop(key_id, None)
        return key

    async def authenticate(self, credential: str) -> Caller:
        """Raises `Unauthenticated`, in the same words whatever is wrong."""
        presented = KeySecret.parse(credential)
        found = await self._find(presented.id) if presented else None
        if presented is None or found is None:
            raise _refusal()
        key, secret_hash = found
        now = self._clock.now()
        if not presented.matches(secret_hash) or not key.valid(now):
            raise _refusal()
        if now - self._touched.get(key.id, key.last_used_at or 0) > TOUCH_EVERY:
            self._touched[key.id] = now
            await self._store.touch(key.id, now)
        return Caller(Scope(key.account_id), key.rights, key.id)

    async def _find(self, key_id: str) -> tuple[ApiKey, str] | None:
        if key_id in self._cached:
            return self._cached[key_id]
        changes = self._changes
        found = await self._store.find(key_id)
        # What was read before a revocation must not be kept after it.
        if found is not None and changes == self._changes:
            if len(self._cached) >= MOST_CACHED:
                self._cached.clear()
                self._touched.clear()
            self._cached[key_id] = found
        return found


def _refusal() -> Unauthenticated:
    return Unauthenticated("This key is not valid. Make one with `parlez keys create`.")
