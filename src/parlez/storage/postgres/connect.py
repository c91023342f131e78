"""Opening PostgreSQL the way Parlez uses it."""

import psycopg
from psycopg.conninfo import make_conninfo

from parlez.storage.postgres.address import Address

LOCK_MILLISECONDS = 5_000
"""How long a statement waits for a lock that another program holds."""

_DEFAULTS = {
    "connect_timeout": "5",
    # Without these a machine that vanished would be waited for for hours.
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}

# The same from the server's side, which then lets go of the locks of a machine that vanished.
_SESSION = "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def connect(address: Address, name: str) -> psycopg.Connection:
    """A connection in autocommit mode: transactions are begun and ended in so many words.

    Others see `name` in the server's list of its sessions. Raises `psycopg.Error`, of which only
    the type may be told.
    """
    given = address.parameters
    told = {
        **_DEFAULTS,
        **given,
        "options": f"{_SESSION} -c lock_timeout={LOCK_MILLISECONDS} {given.get('options', '')}",
        "application_name": name,
    }
    return psycopg.connect(make_conninfo(**told), autocommit=True)
