"""Where requests come from that a proxy passed on."""

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from parlez.core.networks import Network

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forwarded:
    """Believes `X-Forwarded-For` of the proxies in these networks, and of nobody else: each added
    whom it was called by at the end, and what stands before the first that is no proxy is made
    up."""

    def __init__(self, app: ASGIApp, proxies: Sequence[Network]):
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            host, port = scope["client"]
            told = Headers(scope=scope).getlist("x-forwarded-for")
            scope["client"] = (self._origin(host, told), port)
        await self._app(scope, receive, send)

    def _origin(self, peer: str, told: Sequence[str]) -> str:
        at = peer
        for hop in reversed(",".join(told).split(",")):
            address = _read(hop)
            if address is None or not self._is_proxy(at):
                break
            at = str(address)
        return at

    def _is_proxy(self, host: str) -> bool:
        address = _read(host)
        return address is not None and any(address in network for network in self._proxies)


def _read(text: str) -> _Address | None:
    """An address, of which IPv4 may be spelled as IPv6."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
