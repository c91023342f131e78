"""How long a vendor may take."""

from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: `connect` until a connection stands, `silence` between the pieces of a stream,
    the first included, and `whole` for an answer that comes at once."""

    connect: float = 10.0
    silence: float = 60.0
    whole: float = 600.0

    def for_stream(self) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=None, connect=self.connect, sock_read=self.silence)

    def for_whole_answer(self) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=self.whole, connect=self.connect)


DEFAULT_TIMEOUTS = Timeouts()
