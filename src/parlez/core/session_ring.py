"""Opening and ending sessions, and telling whose a cookie is."""

from dataclasses import replace

from parlez.core.access import Access
from parlez.core.errors import Unauthenticated
from parlez.core.identity import RIGHTS, Caller, Scope
from parlez.core.metering import account_meters
from parlez.core.ports.clock import Clock
from parlez.core.ports.session_store import SessionStore
from parlez.core.sessions import Session, SessionSecret, StoredSession

_DAY = 86_400_000_000

IDLE = 14 * _DAY
"""Microseconds after which a session that is not used ends."""

LONGEST = 90 * _DAY
"""Microseconds after which a session ends however much it is used."""

TOUCH_EVERY = 60_000_000
"""Microseconds between two notes that a session was used."""

MOST_SESSIONS = 100
"""Sessions of an account; another one ends the one that was used longest ago."""


class SessionRing:
    """All sessions of all accounts."""

    def __init__(self, store: SessionStore, clock: Clock, access: Access):
        self._store = store
        self._clock = clock
        self._access = access
        self._sessions = access.cache(store.find)

    async def open(self, scope: Scope) -> tuple[Session, SessionSecret]:
        """Begin a session. Its secret is returned here and never again."""
        secret = SessionSecret.make()
        now = self._clock.now()
        session = Session(secret.id, scope.account_id, now, now, now + IDLE)
        for ended in await self._store.create(scope, session, secret.hash(), MOST_SESSIONS):
            self._access.end(ended)
        return session, secret

    async def authenticate(self, presented: SessionSecret | None) -> Caller:
        """Raises `Unauthenticated`, in the same words whatever is wrong."""
        found = await self._sessions.find(presented.id) if presented else None
        now = self._clock.now()
        if (
            presented is None
            or found is None
            or not presented.matches(found.secret_hash)
            or not _good(found, now)
        ):
            raise Unauthenticated("This session is over. Sign in again.")
        if now - found.session.last_used_at > TOUCH_EVERY:
            found = await self._touch(found, now)
        return self._caller(found)

    async def is_good(self, session_id: str) -> bool:
        """Whether a caller who was let in with a session before would be now."""
        found = await self._sessions.find(session_id)
        return found is not None and _good(found, self._clock.now())

    async def renew(self, session_id: str) -> Caller | None:
        """A caller who was let in with a session before, as it would be now; None if it would
        not."""
        found = await self._sessions.find(session_id)
        if found is None or not _good(found, self._clock.now()):
            return None
        return self._caller(found)

    async def end(self, scope: Scope, session_id: str) -> None:
        """End a session at once, wherever it is in use."""
        await self._store.delete(scope, session_id)
        self._access.end(session_id)

    async def end_others(self, scope: Scope, session_id: str | None) -> None:
        """End all sessions of an account but one."""
        for ended in await self._store.delete_others(scope, session_id):
            self._access.end(ended)

    async def prune(self) -> None:
        """Forget sessions that have ended."""
        await self._store.prune(self._clock.now())

    def _caller(self, found: StoredSession) -> Caller:
        standing, account_id = found.standing, found.account_id
        return Caller(
            Scope(account_id),
            RIGHTS[standing.role],
            meters=account_meters(account_id, standing),
            session_id=found.session.id,
            epoch=self._access.epoch,
        )

    async def _touch(self, found: StoredSession, now: int) -> StoredSession:
        session = found.session
        expires_at = min(now + IDLE, session.created_at + LONGEST)
        touched = replace(session, last_used_at=now, expires_at=expires_at)
        # Before anything is awaited: the next request need not do it again.
        used = replace(found, session=touched)
        self._sessions.keep(session.id, used)
        await self._store.touch(session.id, now, expires_at)
        return used


def _good(found: StoredSession, now: int) -> bool:
    return now < found.session.expires_at and not found.standing.disabled
