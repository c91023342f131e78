"""Tickets: what lets in somebody once who cannot send a credential, as pages that open a WebSocket.

A browser's WebSocket has no headers, and what is in an address ends up in logs.
"""

import hashlib
import secrets

from parlez.core.errors import Unauthenticated
from parlez.core.identity import Caller
from parlez.core.ports.clock import Clock

LIFETIME_SECONDS = 60

PROTOCOL = "parlez"
"""The subprotocol that is spoken. A ticket is offered beside it, as another one."""

_MOST_TICKETS = 10_000
_PREFIX = "ticket."


class Tickets:
    """Those that were not used yet. A restart forgets them."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._callers: dict[bytes, tuple[Caller, int]] = {}

    def issue(self, caller: Caller) -> str:
        """A ticket for somebody who is let in now."""
        now = self._clock.now()
        if len(self._callers) >= _MOST_TICKETS:
            self._callers = {
                digest: kept for digest, kept in self._callers.items() if kept[1] > now
            }
            while len(self._callers) >= _MOST_TICKETS:
                del self._callers[next(iter(self._callers))]
        ticket = _PREFIX + secrets.token_urlsafe(32)
        self._callers[_digest(ticket)] = (caller, now + LIFETIME_SECONDS * 1_000_000)
        return ticket

    def redeem(self, ticket: str) -> Caller:
        """Whose a ticket is. Raises `Unauthenticated` for one that was used, is over or never
        was."""
        caller, until = self._callers.pop(_digest(ticket), (None, 0))
        if caller is None or self._clock.now() >= until:
            raise Unauthenticated(
                "This ticket is not valid, or was used. Get one from /api/websocket/ticket."
            )
        return caller


def offered_ticket(subprotocols: list[str]) -> str | None:
    """The ticket among the subprotocols that a client offers."""
    return next((each for each in subprotocols if each.startswith(_PREFIX)), None)


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
