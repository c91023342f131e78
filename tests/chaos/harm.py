"""What can happen to a PostgreSQL server."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

from tests.support.postgres import Postgres

Harm = Callable[[Postgres, float], Awaitable[None]]
"""Does it, and makes it good after about so many seconds."""

_SESSIONS = "FROM pg_stat_activity WHERE application_name LIKE 'parlez%'"


async def kill(postgres: Postgres, seconds: float) -> None:
    """Its machine dies, and another takes over its disk."""
    await asyncio.to_thread(postgres.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(postgres.start)


async def restart(postgres: Postgres, seconds: float) -> None:
    await asyncio.to_thread(postgres.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(postgres.start)


async def crash(postgres: Postgres, seconds: float) -> None:
    """One of its processes dies: it ends all others, and recovers by itself."""
    with postgres.admin() as admin:
        found = admin.execute(f"SELECT pid {_SESSIONS} ORDER BY random() LIMIT 1").fetchone()
    if found:
        os.kill(found[0], signal.SIGKILL)
    await asyncio.sleep(seconds)


async def hang(postgres: Postgres, seconds: float) -> None:
    postgres.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    postgres.signal(signal.SIGCONT)


async def end_sessions(postgres: Postgres, seconds: float) -> None:
    """An administrator ends Parlez's sessions, the one that holds the lock among them."""
    with postgres.admin() as admin:
        admin.execute(f"SELECT pg_terminate_backend(pid) {_SESSIONS}")
    await asyncio.sleep(seconds)
