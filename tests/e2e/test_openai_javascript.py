"""OpenAI's own client for JavaScript, as `openai.test.mjs` uses it."""

import asyncio
import os
import shutil
from pathlib import Path

from tests.support.openai_world import openai_world
from tests.support.vendor import Reply, echo

HERE = Path(__file__).parent
OLDEST_NODE = 20


def reply(text: str) -> Reply:
    if text == "Weather?":
        return Reply([], calls=[("call_1", "get_weather", '{"city": "Rome"}')])
    return Reply(echo(text).pieces, delay=3600 if text == "Slowly" else 0.02)


async def test_the_client_for_javascript(data_dir: Path) -> None:
    async with openai_world(data_dir, None) as world:
        world.vendor.reply = reply
        status, told = await _run(
            *("node", "--test", "openai.test.mjs"),
            OPENAI_BASE_URL=f"{world.parlez.url}/v1",
            OPENAI_API_KEY=world.client.api_key,
        )
    assert status == 0, told


async def test_node_is_new_enough() -> None:
    assert shutil.which("node"), "Node is not installed"
    _, version = await _run("node", "--version")
    assert int(version.removeprefix("v").split(".")[0]) >= OLDEST_NODE, version


async def _run(*command: str, **variables: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=HERE,
        env={"PATH": os.environ["PATH"], **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
