"""A server with a vendor behind it, and OpenAI's own client before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from openai import AsyncOpenAI
from tests.support.server import Running, run_server
from tests.support.vendor import Vendor, echo


@dataclass
class World:
    """`client` is the owner's and `stranger` another account's."""

    parlez: Running
    vendor: Vendor
    client: AsyncOpenAI
    stranger: AsyncOpenAI

    def reset(self) -> None:
        self.vendor.reply = echo
        self.vendor.asked.clear()

    async def history(self, conversation_id: str) -> list[tuple[str, str]]:
        """A conversation, read through another door."""
        answer = await self.parlez.call("GET", f"/conversations/{conversation_id}")
        assert answer.status == 200
        return [(message["role"], message["content"]) for message in answer.body["messages"]]


@asynccontextmanager
async def openai_world(data_dir: Path, database_url: str | None) -> AsyncIterator[World]:
    vendor = Vendor()
    async with (
        vendor.serving(),
        run_server(
            data_dir,
            openai_api_key="sk-test",
            openai_base_url=vendor.url,
            database_url=database_url,
        ) as parlez,
    ):
        own = (await parlez.call("POST", "/api/keys", {"name": "test"})).body["key"]
        other = (await parlez.call("POST", "/generate_api_key")).body["api_key"]
        async with _client(parlez, own) as client, _client(parlez, other) as stranger:
            yield World(parlez, vendor, client, stranger)


def _client(parlez: Running, key: str) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{parlez.url}/v1", api_key=key, max_retries=0, timeout=20)
