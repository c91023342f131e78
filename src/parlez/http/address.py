"""Where a request comes from, as far as it is counted by that."""

import ipaddress

from fastapi import Request

_HOUSEHOLD = 64
"""Bits of an IPv6 address that its user cannot choose."""


def address_of(request: Request) -> str:
    """The address of the peer; of IPv6 the network, in which one user has all addresses."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _HOUSEHOLD), strict=False))
