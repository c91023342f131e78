"""What `parlez assistants` asks of a server."""

import asyncio
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import click
from yarl import URL

from parlez.cli.answer import Answer, Question
from parlez.cli.client import Client
from parlez.cli.output import plain
from parlez.cli.transfer_progress import progress
from parlez.core.errors import NotFound

_ASSISTANTS = "/api/v1/assistants"
_LOOK_SECONDS = 0.3
_PARTS = 1_000
"""Of each file, by which its progress is shown."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question; its answer is shown as it comes unless `quiet`."""

    question: str
    quiet: bool

    def write(self, text: str) -> None:
        if text and not self.quiet:
            click.echo(plain(text) if sys.stdout.isatty() else text, nl=False)


class Assistants:
    """All of a server's. They are called by their names, or their numbers."""

    def __init__(self, client: Client):
        self._client = client

    async def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._client.call("GET", _ASSISTANTS)
        return found

    async def find(self, name: str) -> dict[str, Any]:
        """Raises `NotFound`."""
        found = await self.all()
        for key in ("name", "id"):
            for each in found:
                if str(each[key]) == name:
                    return each
        raise NotFound(f"There is no assistant {name}. `parlez assistants list` shows them.")

    async def create(self, fields: Mapping[str, str], files: Sequence[Path]) -> dict[str, Any]:
        """A new one, once its files have been read, as far as they can be."""
        return await self._read(await self._send("POST", _ASSISTANTS, fields, files))

    async def change(
        self, name: str, fields: Mapping[str, str], files: Sequence[Path]
    ) -> dict[str, Any]:
        """As `create`, of one that is there. Raises `NotFound`."""
        path = _path(await self.find(name))
        return await self._read(await self._send("PUT", path, fields, files))

    async def delete(self, name: str) -> dict[str, Any]:
        """What is gone. Raises `NotFound`."""
        found = await self.find(name)
        async with self._client.request("DELETE", _path(found)):
            return found

    async def ask(self, name: str, asking: Asking) -> dict[str, Any]:
        """The turn of a question, once it has ended. Raises `NotFound`."""
        body = {"assistant_id": (await self.find(name))["id"]}
        chat = await self._client.call("POST", "/api/v1/chat", body)
        answer = Answer(self._client, Question(asking.question, chat["conversation_id"]))
        try:
            await answer.follow(asking.write)
        except asyncio.CancelledError:
            # Ctrl-C: nobody is to pay for the rest.
            await answer.stop()
            raise
        finally:
            asking.write("\n")
        turn: dict[str, Any] = await self._client.call("GET", f"/turns/{answer.turn_id}")
        return turn

    async def _send(
        self, method: str, path: str, fields: Mapping[str, str], files: Sequence[Path]
    ) -> dict[str, Any]:
        # Names of files go as they are, as browsers send them.
        form = aiohttp.FormData(fields, quote_fields=False, default_to_multipart=True)
        with ExitStack() as opened:
            for file in files:
                content = opened.enter_context(file.open("rb"))
                form.add_field("files", content, filename=file.name)
            headers = {"Idempotency-Key": uuid.uuid4().hex}
            sending = self._client.request(method, path, form=form, headers=headers)
            async with sending as response:
                sent: dict[str, Any] = await response.json()
                return sent

    async def _read(self, made: dict[str, Any]) -> dict[str, Any]:
        """An assistant, once none of its files is on its way any more."""
        if not made["files"]:
            return made
        with progress("Reading") as tell:
            while not all(each["state"] in ("ready", "failed") for each in made["files"]):
                done = sum(_done(each) for each in made["files"])
                tell(int(done * _PARTS), len(made["files"]) * _PARTS)
                await asyncio.sleep(_LOOK_SECONDS)
                made = await self._client.call("GET", _path(made))
            tell(_PARTS, _PARTS)
        return made


def _done(file: Mapping[str, Any]) -> float:
    return 1.0 if file["state"] == "failed" else float(file["progress"])


def _path(found: Mapping[str, Any]) -> str:
    return (URL(_ASSISTANTS) / str(found["id"])).raw_path
