"""Signing up."""

from enum import StrEnum

from parlez.core.errors import Forbidden
from parlez.core.invitations import Invitations
from parlez.core.limits import CallLimit
from parlez.core.passwords import Passwords
from parlez.core.ports.account_store import Account, AccountStore
from parlez.core.ports.clock import Clock
from parlez.core.throttle import Throttle
from parlez.core.tiers import FREE
from parlez.core.usernames import new_username

PER_ADDRESS = CallLimit(10, 3_600)
"""Attempts, whatever comes of them."""


class SignUpPolicy(StrEnum):
    """Who may make themselves an account."""

    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


class SignUp:
    """New accounts are members of the lowest tier."""

    def __init__(
        self,
        policy: SignUpPolicy,
        store: AccountStore,
        invitations: Invitations,
        passwords: Passwords,
        clock: Clock,
    ):
        self._policy = policy
        self._store = store
        self._invitations = invitations
        self._passwords = passwords
        self._addresses = Throttle(PER_ADDRESS, clock)

    async def sign_up(
        self,
        username: str,
        password: str,
        code: str | None,
        address: str,
        *,
        email: str | None = None,
        is_for_owner: bool = False,
    ) -> Account:
        """Make an account. A code is used up also where none is needed, as where an owner of the
        server makes it for somebody. Raises `Forbidden`, `InvalidInput`, `Conflict` if the name is
        another's, and `RateLimited`."""
        if not is_for_owner:
            self._addresses.admit(address)
            self._require_open(code)
        name = new_username(username)
        invitation_id = await self._invitations.check(code) if code is not None else None
        password_hash = await self._passwords.hash(password)
        return await self._store.sign_up(name, password_hash, FREE, invitation_id, email)

    def _require_open(self, code: str | None) -> None:
        if self._policy is SignUpPolicy.CLOSED:
            raise Forbidden("Nobody can sign up here.")
        if self._policy is SignUpPolicy.INVITED and code is None:
            raise Forbidden("Signing up here takes an invitation: send its 'code'.")
