"""A way to PostgreSQL on which answers get lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

_SOCKET = ".s.PGSQL.5432"
"""What PostgreSQL's clients look for in the folder that is their host."""

_COMMITTED = b"COMMIT\0"
"""How it says that it has committed:
https://www.postgresql.org/docs/current/protocol-message-formats.html"""


class BadNetwork:
    """Breaks connections just when the server says that it has committed, so that the client never
    hears of it: a share `lost` of them. `broken` counts them; `url` is the way through."""

    def __init__(self, url: str, folder: Path, chance: random.Random):
        parsed = make_url(url)
        self.url = parsed.set(query={**parsed.query, "host": str(folder)}).render_as_string(
            hide_password=False
        )
        self.lost = 0.0
        self.broken = 0
        self._server = Path(str(parsed.query["host"]), _SOCKET)
        self._chance = chance
        self._carriers: set[asyncio.Task[None]] = set()
        self._relays: set[asyncio.Task[None]] = set()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        relay = asyncio.current_task()
        assert relay
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)
        other_reader, other_writer = await asyncio.open_unix_connection(str(self._server))
        carriers = {
            asyncio.create_task(self._ask(reader, other_writer)),
            asyncio.create_task(self._answer(other_reader, writer)),
        }
        self._carriers |= carriers
        await asyncio.wait(carriers, return_when=asyncio.FIRST_COMPLETED)
        for carrier in carriers:
            carrier.cancel()
        self._carriers -= carriers
        writer.transport.abort()
        other_writer.transport.abort()

    async def close(self) -> None:
        """Break what connections there are, and wait until they are broken."""
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if _COMMITTED in data and self._chance.random() < self.lost:
                    self.broken += 1
                    return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def bad_network(url: str, folder: Path, chance: random.Random) -> AsyncIterator[BadNetwork]:
    """A way to the database of a URL, by a socket in a folder, which loses nothing so far."""
    network = BadNetwork(url, folder, chance)
    server = await asyncio.start_unix_server(network.relay, folder / _SOCKET)
    try:
        yield network
    finally:
        server.close()
        await network.close()
