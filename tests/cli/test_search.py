"""`parlez search`"""

import asyncio
import json

import aiohttp
import pytest
from tests.cli.conftest import Served
from tests.support.command import Command


@pytest.fixture(scope="module")
def said(served: Served) -> Served:
    """A message, and a document."""

    async def say() -> None:
        url = served.server.url
        async with aiohttp.ClientSession() as client:
            body = {"message": "Goats climb windmills.", "user_id": "ada"}
            async with client.post(f"{url}/api/chat", json=body) as answer:
                assert answer.status == 200
            form = aiohttp.FormData()
            form.add_field("file", b"# Goats\n\nA goat lives in the windmill.", filename="g.md")
            async with client.post(f"{url}/api/documents", data=form) as answer:
                document = (await answer.json())["id"]
            async with asyncio.timeout(30):
                while True:
                    async with client.get(f"{url}/api/documents/{document}") as answer:
                        if (await answer.json())["state"] == "ready":
                            return
                    await asyncio.sleep(0.05)

    asyncio.run(say())
    return served


def test_messages_and_documents_are_found(said: Served) -> None:
    done = said.command.run_here("search", "goat", "windmill", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["messages"]) == (0, [])
    assert found["documents"][0]["document"] == "g.md"
    done = said.command.run_here("search", "goats", "--user", "ada", "--json")
    found = json.loads(done.stdout)
    assert {each["role"] for each in found["messages"]} == {"user", "assistant"}
    assert found["documents"] == []


def test_what_is_found_is_shown(said: Served) -> None:
    shown = said.command.run_here("search", "goat windmill").stdout
    assert "g.md · Goats\n      # Goats A goat lives in the windmill." in shown
    shown = said.command.run_here("search", "goats", "--user", "ada", "--limit", "1").stdout
    assert shown.count("\n") == 2
    assert "Goats climb windmills." in shown
    only = said.command.run_here("search", "goat", "--messages")
    assert (only.stdout, only.returncode) == ("", 0)
    assert "Nothing was found." in only.stderr


def test_what_makes_no_sense(command: Command) -> None:
    assert command.run_here("search").returncode == 2
    assert command.run_here("search", "x", "--limit", "0").returncode == 2
    assert command.run_here("search", "x", "--url", "http://127.0.0.1:9").returncode == 1
