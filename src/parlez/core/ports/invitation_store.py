"""Where invitations live: one method per transaction."""

from dataclasses import dataclass
from typing import Protocol

from parlez.core.identity import Scope


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as stored, without its code. `name` is what its maker calls it. Times are
    microseconds since 1970, UTC."""

    id: str
    name: str
    created_at: int
    expires_at: int
    used_at: int | None
    revoked_at: int | None


class InvitationStore(Protocol):
    """An invitation is used up by `AccountStore.sign_up`."""

    async def create(self, scope: Scope, invitation: Invitation, code_hash: str) -> None:
        """Raises `NotFound` if there is no such account."""
        ...

    async def list(self, scope: Scope, limit: int, before: str | None) -> list[Invitation]:
        """A page of an account's invitations, newest first, behind the one with an id."""
        ...

    async def revoke(self, scope: Scope, invitation_id: str, now: int) -> Invitation:
        """End an invitation. Raises `NotFound`."""
        ...

    async def open_hash(self, invitation_id: str, now: int) -> str | None:
        """The hash of the code of an invitation of any owner that can be used at a time."""
        ...

    async def prune(self, expired_before: int) -> None:
        """Forget old invitations."""
        ...
