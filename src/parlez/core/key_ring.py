"""Making keys, and telling whose a credential is."""

from datetime import timedelta

from parlez.core.access import Access
from parlez.core.errors import Conflict, InvalidInput, Unauthenticated
from parlez.core.identity import RIGHTS, Caller, Right, Scope
from parlez.core.keys import ApiKey, KeyKind, KeyMint, KeySecret, StoredKey
from parlez.core.limits import Meter
from parlez.core.metering import account_meters
from parlez.core.ports.clock import Clock
from parlez.core.ports.key_store import KeyStore
from parlez.core.tiers import TRUESYNC_KEY

TOUCH_EVERY = 60_000_000
"""Microseconds between two notes that a key was used."""

MOST_TOKENS = 20
"""Of one account. For another one, the one that was not used for longest ends."""

TOKEN_UNUSED = timedelta(days=30)
"""A token that was not used for so long ends."""

MOST_TOUCHED = 10_000
"""Keys of which it is known here when they were used."""


class KeyRing:
    """All keys of all accounts."""

    def __init__(self, store: KeyStore, mint: KeyMint, clock: Clock, access: Access):
        self._store = store
        self._mint = mint
        self._clock = clock
        self._access = access
        self._keys = access.cache(store.find)
        self._touched: dict[str, int] = {}

    async def create(
        self,
        scope: Scope,
        name: str,
        rights: frozenset[Right],
        lifetime: timedelta | None = None,
        kind: KeyKind = KeyKind.PARLEZ,
        *,
        at_most_until: int | None = None,
    ) -> tuple[ApiKey, KeySecret]:
        """Make a key, which lives no longer than `lifetime`, nor than its maker: `at_most_until`.
        Its secret is returned here and never again."""
        if not rights:
            raise InvalidInput("A key needs at least one scope.")
        secret = self._mint.make(kind)
        now = self._clock.now()
        ends = [now + _microseconds(lifetime)] if lifetime else []
        ends += [at_most_until] if at_most_until else []
        expires_at = min(ends, default=None)
        key = ApiKey(secret.id, scope.account_id, name, kind, rights, now, expires_at, None, None)
        await self._store.create(scope, key, secret.hash())
        return key, secret

    async def create_token(self, scope: Scope) -> KeySecret:
        """Make a token for the data of an account. Its secret is returned here and never again."""
        _, secret = await self.create(scope, "token", frozenset({Right.DATA}), kind=KeyKind.TOKEN)
        for key_id in await self._store.drop_tokens(scope, MOST_TOKENS):
            self._access.end(key_id)
        return secret

    async def prune_tokens(self) -> None:
        """End the tokens that nobody has used for long."""
        unused_since = self._clock.now() - _microseconds(TOKEN_UNUSED)
        for key_id in await self._store.drop_unused_tokens(unused_since):
            self._access.end(key_id)

    async def list(self, scope: Scope) -> list[ApiKey]:
        return await self._store.list(scope)

    async def rotate(
        self, caller: Caller, key_id: str, overlap: timedelta
    ) -> tuple[ApiKey, KeySecret]:
        """Make a key that is like another one, which ends once the overlap is over: at once if it
        is none. The new key lives as long as the old one was made for, and no longer than the
        caller's own. Raises `NotFound`, `Forbidden` for a key that can do more than the caller, and
        `Conflict` for one that has ended."""
        old = await self._store.one(caller.scope, key_id)
        for right in sorted(old.rights):
            caller.require(right)
        now = self._clock.now()
        if not old.valid(now):
            raise Conflict("This key has ended already. Make a new one.")
        secret = self._mint.make(old.kind)
        ends = [now + old.expires_at - old.created_at] if old.expires_at else []
        ends += [caller.expires_at] if caller.expires_at else []
        new = ApiKey(
            secret.id,
            old.account_id,
            old.name,
            old.kind,
            old.rights,
            now,
            min(ends, default=None),
            None,
            None,
        )
        await self._store.replace(
            caller.scope, key_id, new, secret.hash(), now + _microseconds(overlap)
        )
        if overlap:
            self._access.change(old.account_id)
        else:
            self._access.end(key_id)
        return new, secret

    async def revoke(self, scope: Scope, key_id: str) -> ApiKey:
        """End a key at once. Raises `NotFound`."""
        key = await self._store.revoke(scope, key_id, self._clock.now())
        self._access.end(key_id)
        return key

    async def authenticate(self, credential: str) -> Caller:
        """Raises `Unauthenticated`, in the same words whatever is wrong."""
        presented = self._mint.read(credential)
        found = await self._keys.find(presented.id) if presented else None
        if presented is None or found is None:
            raise _refusal()
        key = found.key
        now = self._clock.now()
        if not presented.matches(found.secret_hash) or key.kind is not presented.kind:
            raise _refusal()
        if not _good(found, now):
            raise _refusal()
        await self._touch(key, now)
        return self._caller(found)

    async def is_good(self, key_id: str) -> bool:
        """Whether a caller who was let in with a key before would be now."""
        found = await self._keys.find(key_id)
        return found is not None and _good(found, self._clock.now())

    async def renew(self, key_id: str) -> Caller | None:
        """A caller who was let in with a key before, as it would be now; None if it would not."""
        found = await self._keys.find(key_id)
        if found is None or not _good(found, self._clock.now()):
            return None
        return self._caller(found)

    def _caller(self, found: StoredKey) -> Caller:
        key = found.key
        return Caller(
            Scope(key.account_id),
            key.rights & RIGHTS[found.standing.role],
            key.id,
            _meters(found),
            epoch=self._access.epoch,
            expires_at=key.expires_at,
        )

    async def _touch(self, key: ApiKey, now: int) -> None:
        if now - self._touched.get(key.id, key.last_used_at or 0) <= TOUCH_EVERY:
            return
        if len(self._touched) >= MOST_TOUCHED:
            self._touched.clear()
        self._touched[key.id] = now
        await self._store.touch(key.id, now)


def _good(found: StoredKey, now: int) -> bool:
    return found.key.valid(now) and not found.standing.disabled


def _meters(stored: StoredKey) -> tuple[Meter, ...]:
    """Who is counted, and how: a key with its account, and a TrueSync key by itself. That is enough
    for an account which was made with that key; any other could make more of them."""
    by_account = account_meters(stored.account_id, stored.standing)
    if stored.key.kind is not KeyKind.TRUESYNC:
        return by_account
    by_itself = Meter(stored.key.id, TRUESYNC_KEY)
    return (by_itself, *by_account) if stored.has_login else (by_itself,)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _refusal() -> Unauthenticated:
    return Unauthenticated("This key is not valid. Make one with `parlez keys create`.")
