"""Who may make keys without having one."""

from dataclasses import dataclass

from fastapi import Request

from parlez.core.accounts import Accounts
from parlez.core.errors import Unauthenticated
from parlez.core.identity import Scope
from parlez.core.throttle import Throttle
from parlez.http.address import address_of
from parlez.http.local_owner import comes_from_here


@dataclass(frozen=True, slots=True)
class NewKeys:
    """Whoever sits at this machine; and all others, each address only so often, if the operator
    has opened the door (`open_to_all`)."""

    accounts: Accounts
    throttle: Throttle
    open_to_all: bool

    async def account(self, request: Request) -> Scope:
        """A new account for the key of a request that has no credential. Raises
        `Unauthenticated` and `RateLimited`."""
        if not comes_from_here(request):
            if not self.open_to_all:
                raise Unauthenticated("Keys are made here for those who have one. Send yours.")
            self.throttle.admit(address_of(request))
        return await self.accounts.create_nameless()
