"""When an unauthenticated request is the owner's own.

Right after the first start, with nothing configured, whoever sits at the machine owns the server.
Anyone else, and every web page that a browser on this machine has open, must be told apart from
that person by what cannot be forged from where they are.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

FORWARDING = ("forwarded", "via")
FORWARDING_PREFIXES = ("x-forwarded-", "cf-")


@dataclass(frozen=True, slots=True)
class LocalOwner:
    """The rule. `enabled` says whether there can be a local owner at all: the server is bound to
    loopback, nothing is configured for the public, and it was not switched off."""

    enabled: bool

    def is_owner(self, request: HTTPConnection) -> bool:
        return self.enabled and comes_from_here(request)


def comes_from_here(request: HTTPConnection) -> bool:
    """Whether a request can only come from whoever sits at this machine: not from another one, nor
    through a proxy, nor from a foreign page in a browser on this one."""
    headers = request.headers
    return (
        _is_loopback(request.client.host if request.client else "")
        and _host_is_loopback(headers)
        and not _was_forwarded(headers)
        and _origin_is_own(request)
        and headers.get("sec-fetch-site") != "cross-site"
        and _peer_is_trusted(request)
    )


def is_loopback_name(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    return host.lower().rstrip(".") == "localhost" or _is_loopback(host)


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _host_is_loopback(headers: Headers) -> bool:
    """A name that an attacker's DNS points here is not one of ours."""
    hosts = headers.getlist("host")
    return len(hosts) == 1 and is_loopback_name(_without_port(hosts[0]))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and not name.endswith(":") else host


def _was_forwarded(headers: Headers) -> bool:
    return any(name in FORWARDING or name.startswith(FORWARDING_PREFIXES) for name in headers)


def _origin_is_own(request: HTTPConnection) -> bool:
    """No Origin at all, or exactly where this server is reached; `null` is neither. Whoever comes
    to the port for sockets alone has the page from the main one."""
    origins = request.headers.getlist("origin")
    host = request.headers.get("host", "")
    if main_port := getattr(request.state, "main_port", None):
        host = f"{_without_port(host)}:{main_port}"
    scheme = request.url.scheme.replace("ws", "http")
    return not origins or origins == [f"{scheme}://{host}"]


def _peer_is_trusted(request: HTTPConnection) -> bool:
    """Whether the peer's user is the server's own or root, where the system can tell."""
    is_trusted: Callable[[], bool] | None = getattr(request.state, "peer_is_trusted", None)
    return is_trusted is None or is_trusted()
