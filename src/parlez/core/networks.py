"""Networks, as settings name them."""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(text: str) -> tuple[Network, ...]:
    """Addresses or networks with commas between. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
