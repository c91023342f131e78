"""Making keys, and telling whose a credential is."""

from collections.abc import Callable
from datetime import timedelta

from parlez.core.errors import InvalidInput, Unauthenticated
from parlez.core.identity import Caller, Right, Scope
from parlez.core.keys import ApiKey, KeyKind, KeyMint, KeySecret, StoredKey
from parlez.core.limits import Meter
from parlez.core.ports.clock import Clock
from parlez.core.ports.key_store import KeyStore
from parlez.core.tiers import TIERS, TRUESYNC_KEY

MOST_CACHED = 10_000
"""Keys kept at hand, so that a request need not read its own."""

TOUCH_EVERY = 60_000_000
"""Microseconds between two notes that a key was used."""


class KeyRing:
    """All keys of all accounts. This process is the only one to change them, so that what it has
    at hand is true.

    `epoch` grows with every revocation. Whoever let a caller in and holds on to that looks at it
    now and then, and asks `is_good` again when it has grown. `on_revoked` is told the key's id.
    """

    def __init__(
        self, store: KeyStore, mint: KeyMint, clock: Clock, on_revoked: Callable[[str], None]
    ):
        self._store = store
        self._mint = mint
        self._clock = clock
        self._on_revoked = on_revoked
        self._cached: dict[str, StoredKey] = {}
        self._touched: dict[str, int] = {}
        self.epoch = 0

    async def create(
        self,
        scope: Scope,
        name: str,
        rights: frozenset[Right],
        lifetime: timedelta | None = None,
        kind: KeyKind = KeyKind.PARLEZ,
    ) -> tuple[ApiKey, KeySecret]:
        """Make a key. Its secret is returned here and never again."""
        if not rights:
            raise InvalidInput("A key needs at least one scope.")
        secret = self._mint.make(kind)
        now = self._clock.now()
        expires_at = now + lifetime // timedelta(microseconds=1) if lifetime else None
        key = ApiKey(secret.id, scope.account_id, name, kind, rights, now, expires_at, None, None)
        await self._store.create(scope, key, secret.hash())
        return key, secret

    async def list(self, scope: Scope) -> list[ApiKey]:
        return await self._store.list(scope)

    async def revoke(self, scope: Scope, key_id: str) -> ApiKey:
        """End a key at once. Raises `NotFound`."""
        key = await self._store.revoke(scope, key_id, self._clock.now())
        self.epoch += 1
        self._cached.pop(key_id, None)
        self._on_revoked(key_id)
        return key

    async def authenticate(self, credential: str) -> Caller:
        """Raises `Unauthenticated`, in the same words whatever is wrong."""
        presented = self._mint.read(credential)
        found = await self._find(presented.id) if presented else None
        if presented is None or found is None:
            raise _refusal()
        key = found.key
        now = self._clock.now()
        if not presented.matches(found.secret_hash) or key.kind is not presented.kind:
            raise _refusal()
        if not key.valid(now):
            raise _refusal()
        if now - self._touched.get(key.id, key.last_used_at or 0) > TOUCH_EVERY:
            self._touched[key.id] = now
            await self._store.touch(key.id, now)
        return Caller(Scope(key.account_id), key.rights, key.id, _meter(found))

    async def is_good(self, caller: Caller) -> bool:
        """Whether a caller who was let in before would be now."""
        if caller.key_id is None:
            return True
        found = await self._find(caller.key_id)
        return found is not None and found.key.valid(self._clock.now())

    async def _find(self, key_id: str) -> StoredKey | None:
        if key_id in self._cached:
            return self._cached[key_id]
        epoch = self.epoch
        found = await self._store.find(key_id)
        # What was read before a revocation must not be kept after it.
        if found is not None and epoch == self.epoch:
            if len(self._cached) >= MOST_CACHED:
                self._cached.clear()
                self._touched.clear()
            self._cached[key_id] = found
        return found


def _meter(stored: StoredKey) -> Meter | None:
    """Who is counted, and how: a TrueSync key by itself, another with its account."""
    if stored.key.kind is KeyKind.TRUESYNC:
        return Meter(stored.key.id, TRUESYNC_KEY)
    return Meter(stored.key.account_id, TIERS[stored.tier]) if stored.tier else None


def _refusal() -> Unauthenticated:
    return Unauthenticated("This key is not valid. Make one with `parlez keys create`.")
