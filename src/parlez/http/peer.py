"""Which user of this machine is at the other end of a loopback connection.

Linux lists every TCP socket with its owner in /proc/net/tcp (see proc_net(5)); elsewhere the
system cannot tell.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


class PeerAwareProtocol(HttpToolsProtocol):
    """Adds `peer_is_trusted` to the state of each request: a function that looks once per
    connection, and only if it is called."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.client is not None:
            client = self.client

            @cache
            def peer_is_trusted() -> bool:
                return is_trusted(client[1])

            self.app_state = {**self.app_state, "peer_is_trusted": peer_is_trusted}


def is_trusted(port: int) -> bool:
    """Whether the loopback socket with a local port is this server's user's, or root's. True where
    the system does not tell."""
    if not _TABLES[0].exists():
        return True
    return _owner(port) in (os.getuid(), 0)


def _owner(port: int) -> int | None:
    named = f":{port:04X} "
    for table in _TABLES:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            # Of thousands of lines one or two name it, and to take all apart would be slow.
            if named not in line:
                continue
            fields = line.split()
            local, uid, inode = fields[1], int(fields[7]), int(fields[9])
            # A socket that its process has closed already is shown as root's, with inode 0.
            if inode and int(local.rpartition(":")[2], 16) == port and _loopback(local):
                return uid
    return None


def _loopback(local: str) -> bool:
    """Addresses are little-endian hex: 0100007F is 127.0.0.1."""
    address = local.rpartition(":")[0]
    return address.endswith("7F") or address == "00000000000000000000000001000000"
