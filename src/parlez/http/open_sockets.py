"""The WebSockets that are open."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from parlez.core.errors import RateLimited
from parlez.core.ports.clock import Clock

MOST_PER_ACCOUNT = 100
"""Of accounts that have limits."""

_RETRY_SECONDS = 30.0
_GOODBYE_SECONDS = 2.0


class Socket(Protocol):
    def ask_to_return(self) -> None:
        """Tell the client to come back to the server that starts after this one, and close."""
        ...


class OpenSockets:
    """`port` is the one that is for them alone, once it is open; None without one. `key_in_url`
    says whether one may be opened with `?api_key=`."""

    def __init__(self, clock: Clock, *, key_in_url: bool) -> None:
        self._clock = clock
        self.key_in_url = key_in_url
        self._open: dict[Socket, asyncio.Event] = {}
        self._per_account: Counter[str] = Counter()
        self.port: int | None = None

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def holding(self, socket: Socket) -> Iterator[None]:
        """Count a socket among those that are open, within the context."""
        gone = self._open[socket] = asyncio.Event()
        try:
            yield
        finally:
            del self._open[socket]
            gone.set()

    @contextmanager
    def of_account(self, account_id: str) -> Iterator[None]:
        """Count one for an account, within the context. Raises `RateLimited`."""
        if self._per_account[account_id] >= MOST_PER_ACCOUNT:
            raise RateLimited(
                f"The account has {MOST_PER_ACCOUNT} open WebSockets, which is the most.",
                retry_after=_RETRY_SECONDS,
                reset_at=self._clock.now() + int(_RETRY_SECONDS * 1_000_000),
            )
        self._per_account[account_id] += 1
        try:
            yield
        finally:
            self._per_account[account_id] -= 1
            if not self._per_account[account_id]:
                del self._per_account[account_id]

    async def close(self) -> None:
        """Ask all to come back later, and wait a moment for them to hear of it."""
        going = [gone.wait() for gone in self._open.values()]
        for socket in list(self._open):
            socket.ask_to_return()
        if going:
            waiting = asyncio.gather(*going)
            await asyncio.wait([waiting], timeout=_GOODBYE_SECONDS)
            waiting.cancel()
