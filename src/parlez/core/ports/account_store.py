"""Where accounts live: one method per transaction."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account that a server begins with; without a password nobody has taken it over yet."""

    id: str
    has_password: bool


class AccountStore(Protocol):
    async def first(self) -> FirstAccount:
        """The owner's account; made on first use."""
        ...

    async def take_possession(self, name: str, password_hash: str) -> bool:
        """Give the owner's account a login; False if it has one."""
        ...

    async def create(self, tier: str) -> str:
        """A new account without a login; its id."""
        ...

    async def secret(self, name: str, proposed: str) -> str:
        """A secret of the server's own that stays the same for good: the one that was proposed
        first."""
        ...
