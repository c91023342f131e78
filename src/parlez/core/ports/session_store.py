"""Where sessions live: one method per transaction."""

from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.sessions import Session, StoredSession


class SessionStore(Protocol):
    async def create(
        self, scope: Scope, session: Session, secret_hash: str, most: int
    ) -> list[str]:
        """Add a session. Of more than `most` those that were used longest ago end; their ids.
        Raises `NotFound` if there is no such account."""
        ...

    async def find(self, session_id: str) -> StoredSession | None:
        """A session of any account, for the check of a credential alone."""
        ...

    async def touch(self, session_id: str, now: int, expires_at: int) -> None:
        """Note that a session was used, and when it ends now."""
        ...

    async def delete(self, scope: Scope, session_id: str) -> None:
        """End a session."""
        ...

    async def delete_others(self, scope: Scope, session_id: str | None) -> list[str]:
        """End all sessions of an account but one; their ids."""
        ...

    async def prune(self, now: int) -> None:
        """Forget sessions that have ended."""
        ...
