"""`kill -9` while documents are read and embedded loses nothing, repeats nothing, and ends in the
index that an undisturbed server makes."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.support import files
from tests.support.house import House
from tests.support.nursery import Nursery
from tests.support.server_process import ServerProcess
from tests.support.stored import Stored

KILL_AFTER = (0.02, 0.15, 0.3, 0.6)
"""Seconds after the start at which a server is killed."""

INDEX = """
    SELECT document.name, chunk.place, chunk.page, chunk.start, chunk.length, chunk.content,
        vector.model, vector.direction
    FROM chunk
    JOIN document ON document.id = chunk.document_id
    LEFT JOIN chunk_vector AS vector ON vector.serial = chunk.serial
    ORDER BY document.name, chunk.place
"""

PAGES = [
    "\n".join(
        f"Line {line} of page {page} is about the lighthouse {page * line}." for line in range(12)
    )
    for page in range(24)
]
DOCUMENTS = {"report.pdf": files.pdf(PAGES), "notes.txt": "\n\n".join(PAGES).encode()}


@asynccontextmanager
async def lived_in(nursery: Nursery, folder: Path, migrated: Path) -> AsyncIterator[House]:
    folder.mkdir()
    shutil.copy(migrated, folder / "parlez.db")
    stored = Stored(f"sqlite:///{folder / 'parlez.db'}")
    async with House(nursery, folder, stored, "http://127.0.0.1:9/v1").lived_in() as house:
        yield house


async def upload(client: aiohttp.ClientSession, server: ServerProcess) -> None:
    for name, data in DOCUMENTS.items():
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name)
        async with client.post(f"{server.url}/api/documents", data=form) as answer:
            assert answer.status in (200, 201)


async def until_ready(client: aiohttp.ClientSession, server: ServerProcess) -> None:
    async with asyncio.timeout(50):
        while True:
            async with client.get(f"{server.url}/api/documents") as answer:
                documents = (await answer.json())["documents"]
            assert len(documents) == len(DOCUMENTS)
            if all(each["state"] == "ready" for each in documents):
                return
            await asyncio.sleep(0.05)


def index_of(house: House) -> list[Any]:
    with closing(sqlite3.connect(house.data_dir / "parlez.db")) as driver:
        driver.execute("INSERT INTO chunk_words (chunk_words) VALUES ('integrity-check')")
        return driver.execute(INDEX).fetchall()


@pytest.mark.timeout(150)
async def test_the_index_is_the_same(nursery: Nursery, tmp_path: Path, migrated: Path) -> None:
    async with aiohttp.ClientSession() as client:
        async with lived_in(nursery, tmp_path / "undisturbed", migrated) as house:
            await upload(client, house.server)
            await until_ready(client, house.server)
            await house.server.end()
            wanted = index_of(house)
        async with lived_in(nursery, tmp_path / "killed", migrated) as house:
            await upload(client, house.server)
            for seconds in KILL_AFTER:
                await asyncio.sleep(seconds)
                await house.server.kill()
                await house.start()
            await until_ready(client, house.server)
            await house.server.end()
            assert index_of(house) == wanted
    assert len(wanted) > 30
    assert all(row[-1] for row in wanted)
