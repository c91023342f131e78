"""A data folder and a database, and the servers that live on them, one after another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.nursery import Nursery
from tests.support.server_process import ServerProcess
from tests.support.stored import Stored


class House:
    """`settings` are environment variables that every server of this folder gets."""

    def __init__(self, nursery: Nursery, data_dir: Path, stored: Stored, vendor_url: str):
        self._nursery = nursery
        self.data_dir = data_dir
        self.stored = stored
        self.settings = {
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": vendor_url,
            "DATABASE_URL": stored.url,
        }
        self._server: ServerProcess | None = None

    @property
    def server(self) -> ServerProcess:
        assert self._server is not None
        return self._server

    async def start(self) -> ServerProcess:
        """The next server, once it answers."""
        return await (await self.begin()).ready()

    async def begin(self) -> ServerProcess:
        """The next server, which may not answer yet."""
        await self.close()
        self._server = ServerProcess(self._nursery, self.data_dir, self.settings)
        return self._server

    async def close(self) -> None:
        if self._server is not None:
            await self._server.bury()
            self._server = None

    @asynccontextmanager
    async def lived_in(self) -> AsyncIterator["House"]:
        """With a server that answers, and none left afterwards."""
        try:
            await self.start()
            yield self
        finally:
            await self.close()
