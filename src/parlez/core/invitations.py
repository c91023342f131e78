"""Invitations: one-time codes that owners make, with which others sign up."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from parlez.core.errors import Forbidden
from parlez.core.identity import Scope
from parlez.core.ports.clock import Clock
from parlez.core.ports.invitation_store import Invitation, InvitationStore

_CODE = re.compile(r"pi_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")

KEPT = timedelta(days=30)
"""How long an invitation is still shown after it has expired."""


@dataclass(frozen=True, slots=True)
class InvitationCode:
    """A code as the invited one holds it; `id` is how it is looked up, and no secret."""

    id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The code in full. It is shown once, to whoever made it."""
        return f"pi_{self.id}_{self.secret}"

    def hash(self) -> str:
        """What is stored. The secret is random, so that one round of SHA-256 is enough."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


class Invitations:
    """All invitations of all owners."""

    def __init__(self, store: InvitationStore, clock: Clock):
        self._store = store
        self._clock = clock

    async def create(
        self, scope: Scope, name: str, lifetime: timedelta
    ) -> tuple[Invitation, InvitationCode]:
        """Make an invitation. Its code is returned here and never again."""
        code = InvitationCode(secrets.token_hex(8), secrets.token_urlsafe(32))
        now = self._clock.now()
        expires_at = now + _microseconds(lifetime)
        invitation = Invitation(code.id, name, now, expires_at, None, None)
        await self._store.create(scope, invitation, code.hash())
        return invitation, code

    async def list(
        self, scope: Scope, limit: int, before: str | None
    ) -> tuple[list[Invitation], str | None]:
        """A page of an owner's invitations, newest first, and the id to ask with for the next."""
        found = await self._store.list(scope, limit + 1, before)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def revoke(self, scope: Scope, invitation_id: str) -> Invitation:
        """End an invitation; one that was used stays as it is. Raises `NotFound`."""
        return await self._store.revoke(scope, invitation_id, self._clock.now())

    async def check(self, text: str) -> str:
        """The id of the invitation that a code opens. Raises `Forbidden`, in the same words
        whatever is wrong."""
        match = _CODE.fullmatch(text)
        found = await self._store.open_hash(match[1], self._clock.now()) if match else None
        if match is None or found is None:
            raise refusal()
        code = InvitationCode(match[1], match[2])
        if not hmac.compare_digest(code.hash(), found):
            raise refusal()
        return code.id

    async def prune(self) -> None:
        """Forget invitations that expired long ago."""
        await self._store.prune(self._clock.now() - _microseconds(KEPT))


def refusal() -> Forbidden:
    return Forbidden("This invitation cannot be used. Ask for another one.")


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
