"""Accounts: one login, and the boundary of everything that is kept."""

from parlez.core.errors import Conflict
from parlez.core.identity import Scope
from parlez.core.passwords import Passwords
from parlez.core.ports.account_store import AccountStore
from parlez.core.tiers import FREE


class Accounts:
    """All accounts. `has_owner` tells whether somebody has taken possession of the server, which
    ends the local owner; it is read by `open`, before anything else is asked."""

    def __init__(self, store: AccountStore):
        self._store = store
        self._passwords = Passwords()
        self.has_owner = False

    async def open(self) -> Scope:
        """The first account, which the local owner acts as and which the owner takes over."""
        first = await self._store.first()
        self.has_owner = first.has_password
        return Scope(first.id)

    async def create_owner(self, name: str, password: str) -> None:
        """Give the first account a login. Raises `Conflict` if it has one."""
        password_hash = await self._passwords.hash(password)
        if not await self._store.take_possession(name, password_hash):
            raise Conflict("This server has an owner already.")
        self.has_owner = True

    async def create_nameless(self) -> Scope:
        """An account of the lowest tier that has no login: it is as good as the keys made for
        it."""
        return Scope(await self._store.create(FREE))
