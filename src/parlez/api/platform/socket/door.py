"""Who a WebSocket is from."""

from starlette.websockets import WebSocket

from parlez.core.errors import InvalidInput, Unauthenticated
from parlez.core.identity import Caller, Right
from parlez.http.credentials import credential
from parlez.http.services import Services
from parlez.http.tickets import PROTOCOL, offered_ticket


class Door:
    """What a client can come with is a header as with any request, `?api_key=` where that is on,
    or a ticket among the subprotocols that it offers. The others say who they are in their first
    message."""

    def __init__(self, inside: Services, socket: WebSocket):
        self._inside = inside
        self._socket = socket
        self._ticket = offered_ticket(socket.scope["subprotocols"])
        self._in_url = socket.query_params.getlist("api_key")

    @property
    def subprotocol(self) -> str | None:
        """The one to speak, of those that the client offers: without one of them a browser would
        not go on."""
        offered: list[str] = self._socket.scope["subprotocols"]
        return PROTOCOL if PROTOCOL in offered else self._ticket

    @property
    def has_credential(self) -> bool:
        """Whether it came with one, right or wrong."""
        headers = self._socket.headers
        named = "authorization" in headers or "x-api-key" in headers
        return bool(self._ticket or self._in_url or named)

    async def open(self, key: str | None) -> Caller:
        """The caller, by what it came with, `key`, or where it is. Raises `Unauthenticated`,
        `Forbidden`, `InvalidInput` for two credentials that differ, and `RateLimited`."""
        if self._in_url and not self._inside.sockets.key_in_url:
            raise Unauthenticated(
                "Keys in addresses are switched off here. Send it in 'init', or use a ticket."
            )
        if self._ticket:
            if key or credential(self._socket, *self._in_url):
                raise InvalidInput("Two different credentials were sent. Send one.")
            caller = self._inside.tickets.redeem(self._ticket)
            renewed = await self.renew(caller)
            if renewed is None:
                raise Unauthenticated("The credential that the ticket was made with has ended.")
            caller = renewed
        else:
            caller = await self._inside.gate.admit_socket(self._socket, key, *self._in_url)
        caller.require(Right.DATA)
        return caller

    async def renew(self, caller: Caller) -> Caller | None:
        """The same caller, as its credential is now; None if it is good no more."""
        renewed = await self._inside.gate.renew(caller)
        return renewed if renewed and Right.DATA in renewed.rights else None
