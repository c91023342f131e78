"""A real server in the test's own process, on a free port, over real files."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import aiohttp

from parlez.app import Process
from parlez.bootstrap import Server, running
from parlez.config import Settings
from parlez.providers.variables import Source, Variables


@dataclass
class Event:
    """One server-sent event."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: dict[str, str]
    body: Any


class Running:
    """A server and a client for it."""

    def __init__(self, server: Server, url: str, client: aiohttp.ClientSession):
        self.server = server
        self.services = server.services
        self.url = url
        self.client = client

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        if body is not None:
            options["json"] = body
        async with self.client.request(method, self.url + path, **options) as response:
            raw = await response.read()
            is_json = raw and response.content_type == "application/json"
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, json.loads(raw) if is_json else raw)

    async def stream(
        self, method: str, path: str, body: Any = None, *, most: int | None = None, **options: Any
    ) -> list[Event]:
        """The events of a stream; at most so many, after which the connection is dropped."""
        events: list[Event] = []
        async with self.client.request(method, self.url + path, json=body, **options) as response:
            assert response.status == 200, await response.text()
            async for event in events_of(response):
                events.append(event)
                if most is not None and len(events) >= most:
                    break
        return events


async def events_of(response: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            data = json.loads(fields["data"])
            yield Event(fields.get("id", ""), fields.get("event", ""), data)
            fields = {}


def text_of(events: list[Event]) -> str:
    return "".join(event.data["text"] for event in events if event.type == "text-delta")


def no_death() -> NoReturn:
    raise AssertionError("the writer died")


class QuickProcess(Process):
    """Ends when it is told to, where Uvicorn looks ten times a second whether it was."""

    def __init__(self, server: Server, ready: Callable[[str], None]):
        super().__init__(server, ready)
        self._told = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.5)


@asynccontextmanager
async def run_server(data_dir: Path, *, clock: Any = None, **fields: Any) -> AsyncIterator[Running]:
    """Serve with settings of which `fields` are not the default. Those that are no settings are
    variables of vendors, in small letters."""
    own = {name: value for name, value in fields.items() if name in Settings.model_fields}
    variables = {name.upper(): value for name, value in fields.items() if name not in own}
    settings = Settings(
        **{"port": 0, "websocket_port": 0, "data_dir": data_dir, "shutdown_seconds": 0, **own}
    )
    settings.add_vendors(Variables([(Source.ENVIRONMENT, variables)]))
    async with running(settings, no_death, clock) as server:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        process = QuickProcess(server, ready.set_result)
        task = asyncio.create_task(process.serve())
        either: list[asyncio.Future[Any]] = [ready, task]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        try:
            async with aiohttp.ClientSession() as client:
                yield Running(server, ready.result(), client)
        finally:
            process.end()
            await task
