"""A data folder and a database have one owner, for exactly as long as that lives."""

import asyncio
import os
import sys
import time
from pathlib import Path

import aiohttp
from tests.support.house import House

from parlez.storage.open import locate


async def _serve(*options: str, **settings: str) -> tuple[int, str]:
    """A `parlez serve` that is not meant to stay: its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parlez", "serve", "--port", "0", *options),
        env={"PATH": os.environ["PATH"], **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(20):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode()


async def test_a_second_one_is_refused(house: House, client: aiohttp.ClientSession) -> None:
    server = house.server
    code, said = await _serve("--data-dir", str(house.data_dir), DATABASE_URL=house.stored.url)
    assert code == 1
    assert str(house.data_dir) in said
    assert str(server.pid) in said
    assert server.url in said
    assert "Traceback" not in said
    async with client.get(f"{server.url}/health/ready") as response:
        assert response.status == 200


async def test_a_database_is_owned_wherever_it_lies(house: House, tmp_path: Path) -> None:
    code, said = await _serve(
        *("--data-dir", str(tmp_path / "another")),
        DATABASE_URL=house.stored.url,
    )
    assert code == 1
    assert str(locate(house.stored.url, tmp_path)) in said
    assert "Traceback" not in said


async def test_after_a_kill_the_next_starts_at_once(house: House) -> None:
    for _ in range(3):
        await house.server.kill()
        began = time.monotonic()
        await house.start()
        assert time.monotonic() - began < 5


async def test_stopped_by_a_signal_it_leaves_nothing_behind(house: House) -> None:
    await house.server.end()
    names = {path.name for path in house.data_dir.iterdir()}
    assert {name for name in names if not name.endswith(".lock")} <= {"parlez.db"}
