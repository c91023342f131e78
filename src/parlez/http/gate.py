"""Who a request comes from."""

import hmac
from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import HTTPConnection

from parlez.core.access import Access
from parlez.core.accounts import Accounts
from parlez.core.app_desk import AppDesk
from parlez.core.errors import Unauthenticated
from parlez.core.identity import RIGHTS, Caller, Role
from parlez.core.key_ring import KeyRing
from parlez.core.ports.clock import Clock
from parlez.core.session_ring import SessionRing
from parlez.core.sessions import SessionSecret
from parlez.core.throttle import Throttle
from parlez.http.credentials import credential
from parlez.http.csrf import require_csrf_token
from parlez.http.local_owner import LocalOwner
from parlez.http.session_cookie import SessionCookie


@dataclass(frozen=True, slots=True)
class Gate:
    """The one way in. `control_token` is a secret of this run of the server, by which the command
    line on the same data folder acts as the owner too. `requests` bounds what accounts with limits
    may ask of any kind; what costs money has the limits of the account's tier as well."""

    keys: KeyRing
    sessions: SessionRing
    cookie: SessionCookie
    accounts: Accounts
    apps: AppDesk
    local_owner: LocalOwner
    access: Access
    clock: Clock
    requests: Throttle
    control_token: str = field(repr=False)

    @property
    def owner(self) -> Caller:
        """Who the machine itself acts as."""
        return Caller(self.accounts.first, RIGHTS[Role.OWNER], epoch=self.access.epoch)

    @property
    def epoch(self) -> int:
        """Grows whenever somebody who was let in may be good no more."""
        return self.access.epoch

    async def admit(self, request: Request, *credentials: str | None) -> Caller:
        """The caller of a request; `credentials` are what its dialect found in places of its own.

        Raises `Unauthenticated`, `InvalidInput` for contradicting credentials, and `Forbidden` for
        a change by a session without its CSRF token, and `RateLimited`. A wrong credential is
        refused also where none would be needed.
        """
        caller = await self._admit(request, credentials)
        if caller.meters:
            self.requests.admit(caller.scope.account_id)
        return caller

    async def _admit(self, request: Request, credentials: tuple[str | None, ...]) -> Caller:
        presented = credential(request, *credentials)
        if presented is not None:
            return await self._admit_holder(presented)
        if cookie := self.cookie.read(request):
            return await self._admit_session(request, cookie)
        if not self.accounts.has_owner and self.local_owner.is_owner(request):
            return self.owner
        raise Unauthenticated(
            "An API key is needed: send 'Authorization: Bearer <key>'. "
            "`parlez keys create` makes one."
        )

    async def admit_socket(self, connection: HTTPConnection, *credentials: str | None) -> Caller:
        """The caller of a WebSocket. Cookies do not count: a browser sends them along for any page
        that opens one. Raises as `admit` does."""
        presented = credential(connection, *credentials)
        if presented is not None:
            caller = await self._admit_holder(presented)
        elif not self.accounts.has_owner and self.local_owner.is_owner(connection):
            caller = self.owner
        else:
            raise Unauthenticated(
                "A credential is needed: send 'init' with your 'api_key', or connect with a ticket "
                "of /api/websocket/ticket."
            )
        if caller.meters:
            self.requests.admit(caller.scope.account_id)
        return caller

    async def _admit_holder(self, presented: str) -> Caller:
        """Whoever has a key, or the secret of this run of the server."""
        if hmac.compare_digest(presented.encode(), self.control_token.encode()):
            return self.owner
        return await self.keys.authenticate(presented)

    def is_shown_one(self, request: Request) -> bool:
        """Whether a request has a credential, right or wrong."""
        return credential(request) is not None or self.cookie.read(request) is not None

    def session_secret(self, request: Request) -> SessionSecret | None:
        """The session of a request, as it was sent."""
        cookie = self.cookie.read(request)
        return SessionSecret.read(cookie) if cookie else None

    async def is_good(self, caller: Caller) -> bool:
        """Whether a caller who was let in before would be now."""
        if caller.app_address is not None:
            if not await self.apps.is_open(caller.app_address):
                return False
            if caller.key_id is None and caller.session_id is None:
                return True
        if caller.key_id is not None:
            return await self.keys.is_good(caller.key_id)
        if caller.session_id is not None:
            return await self.sessions.is_good(caller.session_id)
        return caller.scope == self.accounts.first

    async def renew(self, caller: Caller) -> Caller | None:
        """A caller of `admit_socket` as it would be let in now; None if it would not. One at the
        machine is good until somebody is the server's owner by name."""
        if self.is_past(caller):
            return None
        if caller.key_id is not None:
            return await self.keys.renew(caller.key_id)
        if caller.session_id is not None:
            return await self.sessions.renew(caller.session_id)
        return None if self.accounts.has_owner else self.owner

    def is_past(self, caller: Caller) -> bool:
        """Whether the time of a caller's credential is over."""
        return caller.expires_at is not None and self.clock.now() >= caller.expires_at

    async def _admit_session(self, request: Request, cookie: str) -> Caller:
        secret = SessionSecret.read(cookie)
        caller = await self.sessions.authenticate(secret)
        assert secret is not None
        require_csrf_token(request, secret)
        return caller
