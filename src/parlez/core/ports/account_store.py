"""Where accounts live: one method per transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from parlez.core.identity import Role, Scope, Standing


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account that the server's machine acts as: its oldest owner. Without a password nobody
    has taken it over yet."""

    id: str
    has_password: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as stored. `username` is None where nobody can sign in to it. `number` is its
    short name on the server, which those have who signed up. Times are microseconds since 1970,
    UTC."""

    id: str
    username: str | None
    role: Role
    tier: str | None
    created_at: int
    disabled_at: int | None
    number: int | None = None

    @property
    def standing(self) -> Standing:
        return Standing(self.role, self.tier, self.disabled_at is not None)


@dataclass(frozen=True, slots=True)
class Login:
    """What it takes to check a password."""

    account: Account
    password_hash: str


class AccountStore(Protocol):
    async def first(self) -> FirstAccount:
        """The oldest owner's account that is not disabled; made if there is none."""
        ...

    async def take_possession(self, username: str, password_hash: str) -> bool:
        """Give the owner's account a login; False if it has one. Raises `Conflict` if the name is
        another's."""
        ...

    async def create(self, tier: str) -> str:
        """A new account without a login; its id."""
        ...

    async def sign_up(
        self,
        username: str,
        password_hash: str,
        tier: str,
        invitation_id: str | None,
        email: str | None = None,
    ) -> Account:
        """A new account of a member, for which an invitation is used up if one is named. Raises
        `Conflict` if the name is another's, and `Forbidden` if the invitation is not open."""
        ...

    async def find(self, scope: Scope) -> Account:
        """Raises `NotFound`."""
        ...

    async def login(self, username: str) -> Login | None:
        """The account of a name, to check a password."""
        ...

    async def login_of(self, scope: Scope) -> Login | None:
        """The same of an account; None where nobody can sign in to it."""
        ...

    async def list(self, limit: int, after: str | None) -> list[Account]:
        """A page of all accounts, oldest first, behind the one with an id."""
        ...

    async def change(self, account: Account) -> None:
        """Store the role, tier and disabling of an account."""
        ...

    async def has_other_owner(self, scope: Scope) -> bool:
        """Whether there is an owner, not disabled, besides an account."""
        ...

    async def set_password(self, scope: Scope, password_hash: str) -> None: ...

    async def erase(self, scope: Scope) -> Mapping[str, int]:
        """Delete every row of an account; how many, by what they are. It takes several
        transactions, the account itself going last: after a crash it can be done again."""
        ...

    async def secret(self, name: str, proposed: str) -> str:
        """A secret of the server's own that stays the same for good: the one that was proposed
        first."""
        ...
