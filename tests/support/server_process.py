"""A server in a process of its own, to be killed, stopped and starved."""

import asyncio
import json
import os
import select
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.support.nursery import Nursery

START_SECONDS = 20.0
END_SECONDS = 20.0


class ServerProcess:
    """One life of a server on a data folder. `url` is known once it is `ready`."""

    def __init__(self, nursery: Nursery, data_dir: Path, settings: Mapping[str, str]):
        self._owner_file = data_dir / "server.json"
        # Not in the data folder, which a test may fill to the brim.
        self.log = data_dir.with_name(f"{data_dir.name}.log")
        arguments = ["serve", "--port", "0", "--data-dir", str(data_dir)]
        environment = {"PATH": os.environ["PATH"], "WEBSOCKET_PORT": "0", **settings}
        self.pid = nursery.fork(arguments, environment, self.log)
        self._handle = os.pidfd_open(self.pid)
        self.url = ""

    @property
    def ended(self) -> bool:
        return self._handle < 0 or bool(select.select([self._handle], [], [], 0)[0])

    async def ready(self) -> "ServerProcess":
        """Wait until it answers."""
        async with asyncio.timeout(START_SECONDS):
            while not self._look():
                assert not self.ended, f"it ended at its start: {self.log.read_text()[-2000:]}"
                await asyncio.sleep(0.005)
        return self

    async def kill(self) -> None:
        """As `kill -9` does."""
        await self.end(signal.SIGKILL)

    async def end(self, name: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        self.signal(name)
        await self.wait()

    def signal(self, name: signal.Signals) -> None:
        signal.pidfd_send_signal(self._handle, name)

    async def wait(self) -> None:
        async with asyncio.timeout(END_SECONDS):
            while not self.ended:
                await asyncio.sleep(0.002)

    async def bury(self) -> None:
        """Let nothing remain, whatever has become of it."""
        if not self.ended:
            # One that is stopped dies of this as well.
            await self.kill()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    @property
    def resident_bytes(self) -> int:
        """Memory in use."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _look(self) -> bool:
        try:
            owner = json.loads(self._owner_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        if owner["pid"] == self.pid:
            self.url = owner["url"]
        return bool(self.url)
