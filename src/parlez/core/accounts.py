"""Accounts: one login, and the boundary of everything that is kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from parlez.core.access import Access
from parlez.core.errors import Conflict, InvalidInput
from parlez.core.identity import Role, Scope
from parlez.core.passwords import Passwords
from parlez.core.ports.account_store import Account, AccountStore
from parlez.core.ports.clock import Clock
from parlez.core.tiers import FREE
from parlez.core.turn_engine import TurnEngine
from parlez.core.usernames import new_username

ERASE_AGAIN_AFTER = 60_000_000
"""Microseconds after which an erased account is looked at again: a request that was under way may
have stored something since."""


class Accounts:
    """All accounts.

    `has_owner` tells whether somebody has taken possession of the server, which ends the local
    owner; `first` is whose account the server's machine acts as. Both are read by `open`, before
    anything else is asked.
    """

    def __init__(
        self,
        store: AccountStore,
        passwords: Passwords,
        access: Access,
        engine: TurnEngine,
        clock: Clock,
        erase_files: Callable[[Scope], Awaitable[int]],
    ):
        self._store = store
        self._passwords = passwords
        self._access = access
        self._engine = engine
        self._clock = clock
        self._erase_files = erase_files
        # One change at a time: of two owners who dismiss each other one is left.
        self._changing = asyncio.Lock()
        self._erased: dict[str, int] = {}
        self.has_owner = False
        self.first = Scope("")

    async def open(self) -> None:
        """Find the account that the local owner acts as and that the owner takes over."""
        first = await self._store.first()
        self.has_owner = first.has_password
        self.first = Scope(first.id)

    async def create_owner(self, username: str, password: str) -> str:
        """Give the first account a login; its username. Raises `Conflict` if it has one."""
        name = new_username(username)
        if self.has_owner:
            raise _owned()
        password_hash = await self._passwords.hash(password)
        async with self._changing:
            if not await self._store.take_possession(name, password_hash):
                raise _owned()
            await self.open()
        return name

    async def create_nameless(self) -> Scope:
        """An account of the lowest tier that has no login: it is as good as the keys made for
        it."""
        return Scope(await self._store.create(FREE))

    async def find(self, scope: Scope) -> Account:
        return await self._store.find(scope)

    async def list(self, limit: int, after: str | None) -> tuple[list[Account], str | None]:
        """A page of all accounts, oldest first, and the id to ask with for the next one."""
        found = await self._store.list(limit + 1, after)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def change(
        self,
        account_id: str,
        *,
        role: Role | None = None,
        tier: tuple[str | None] | None = None,
        disabled: bool | None = None,
    ) -> Account:
        """Change what an account may do, at once and everywhere; what is None stays as it is.
        Raises `NotFound`, `Conflict` for the last owner who could undo it, and `InvalidInput` for
        an owner who could not sign in: with such a one the machine would own itself again."""
        async with self._changing:
            found = changed = await self._store.find(Scope(account_id))
            if role is not None and role is not found.role:
                if role is Role.OWNER and found.username is None:
                    raise InvalidInput("Only an account with a username can be an owner's.")
                changed = replace(changed, role=role)
            if tier is not None:
                changed = replace(changed, tier=tier[0])
            if disabled is not None and disabled != changed.standing.disabled:
                changed = replace(changed, disabled_at=self._clock.now() if disabled else None)
            if not _is_owner(changed):
                await self._keep_an_owner(found)
            await self._store.change(changed)
            if changed.standing.disabled:
                self._access.suspend(account_id)
            else:
                self._access.change(account_id)
            await self.open()
        return changed

    async def erase(self, scope: Scope) -> Mapping[str, int]:
        """Stop an account's turns and delete everything of it; how many rows, by what they are.
        Raises `NotFound`, and `Conflict` for the last owner."""
        async with self._changing:
            await self._keep_an_owner(await self._store.find(scope))
            self._access.close(scope.account_id)
            try:
                await self._engine.stop_account(scope)
                erased = dict(await self._store.erase(scope))
                if files := await self._erase_files(scope):
                    erased["file"] = files
            except BaseException:
                self._access.reopen(scope.account_id)
                raise
            self._erased[scope.account_id] = self._clock.now()
            await self.open()
        return erased

    async def erase_again(self) -> None:
        """Delete what was stored of erased accounts by requests that were under way."""
        now = self._clock.now()
        for account_id, erased_at in list(self._erased.items()):
            if now - erased_at >= ERASE_AGAIN_AFTER:
                del self._erased[account_id]
                await self._engine.stop_account(Scope(account_id))
                await self._store.erase(Scope(account_id))
                await self._erase_files(Scope(account_id))
                self._access.reopen(account_id)

    async def _keep_an_owner(self, leaving: Account) -> None:
        """Raises `Conflict` if an account is the only one that can undo what is about to happen to
        it."""
        if _is_owner(leaving) and not await self._store.has_other_owner(Scope(leaving.id)):
            raise Conflict("This is the server's last owner. Make another account owner first.")


def _is_owner(account: Account) -> bool:
    return account.role is Role.OWNER and account.disabled_at is None


def _owned() -> Conflict:
    return Conflict("This server has an owner already.")
