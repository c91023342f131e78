"""Who a request comes from."""

import hmac
from dataclasses import dataclass, field

from fastapi import Request

from parlez.core.accounts import Accounts
from parlez.core.errors import Unauthenticated
from parlez.core.identity import Caller
from parlez.core.key_ring import KeyRing
from parlez.http.credentials import credential
from parlez.http.local_owner import LocalOwner


@dataclass(frozen=True, slots=True)
class Gate:
    """The one way in. `owner` is who the local owner acts as; `control_token` is a secret of this
    run of the server, by which the command line on the same data folder acts as the owner too."""

    keys: KeyRing
    accounts: Accounts
    local_owner: LocalOwner
    owner: Caller
    control_token: str = field(repr=False)

    async def admit(self, request: Request, *credentials: str | None) -> Caller:
        """The caller of a request; `credentials` are what its dialect found in places of its own.

        Raises `Unauthenticated`, and `InvalidInput` for contradicting credentials. A wrong
        credential is refused also where none would be needed.
        """
        presented = credential(request, *credentials)
        if presented is not None:
            if hmac.compare_digest(presented.encode(), self.control_token.encode()):
                return self.owner
            return await self.keys.authenticate(presented)
        if not self.accounts.has_owner and self.local_owner.is_owner(request):
            return self.owner
        raise Unauthenticated(
            "An API key is needed: send 'Authorization: Bearer <key>'. "
            "`parlez keys create` makes one."
        )
