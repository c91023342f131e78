"""The examples of the Vanus App API's document, run as they stand but for their placeholders."""

import ast
import asyncio
import json
import os
import re
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.reference import FOLDER
from tests.support.server import run_server
from tests.support.vendor import Vendor

DOCUMENT = FOLDER / "vanus-app-api.md"
MODEL = "gpt-3.5-turbo"
SAID = "You said: Hello there "

PYTHON = Path(__file__).with_name("vanus_app.py.txt").read_text()

AS_PLAIN = {
    '    "Accept": "text/event-stream" # Remove if need plain text responses\n': "",
    "True # False if need plain text responses": "False",
}
"""What its comments say to do for plain answers."""

CURL_EVENTS = (
    """curl -i <URL from App dashboard> -d'{"prompt": "{message}", "stream": true}' """
    """-H"Content-Type:application/json" -H"x-vanusai-model:{model}" """
    """-H"x-vanusai-sessionid:{id}" -H"Accept:text/event-stream\""""
)
CURL_PLAIN = CURL_EVENTS.removesuffix(' -H"Accept:text/event-stream"')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """That of an app."""
    vendor = Vendor()
    async with (
        vendor.serving(),
        run_server(
            tmp_path_factory.mktemp("reference"),
            openai_api_key="sk-test",
            openai_base_url=vendor.url,
        ) as parlez,
    ):
        made = await parlez.call("POST", "/api/apps", {"name": "x", "models": [MODEL]})
        yield made.body["url"]


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": os.environ["PATH"], "no_proxy": "*"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def run_python(example: str, url: str, tmp_path: Path) -> str:
    file = tmp_path / "example.py"
    filled = example.replace("<your_model>", MODEL).replace("<your_prompt>", "Hello there")
    file.write_text(re.sub(r"<URL [^>]*>", url, filled))
    return await run(sys.executable, str(file))


async def test_the_python_example_with_events(url: str, tmp_path: Path) -> None:
    lines = (await run_python(PYTHON, url, tmp_path)).splitlines()
    events = [ast.literal_eval(line) for line in lines]
    assert "".join(each["token"] for each in events) == SAID
    assert [each["more"] for each in events[-2:]] == [True, False]


async def test_the_python_example_without(url: str, tmp_path: Path) -> None:
    example = PYTHON
    for shown, instead in AS_PLAIN.items():
        assert shown in example
        example = example.replace(shown, instead)
    assert await run_python(example, url, tmp_path) == "", "its loop is for events"
    told = await run_python(example + "print(response.text)", url, tmp_path)
    assert json.loads(told)["response"] == SAID


@pytest.mark.parametrize("example", [CURL_EVENTS, CURL_PLAIN], ids=["events", "plain"])
async def test_the_curl_examples(url: str, example: str) -> None:
    filled = example.replace("{message}", "Hello there").replace("{model}", MODEL)
    filled = filled.replace("<URL from App dashboard>", url).replace("{id}", str(uuid.uuid4()))
    head, _, body = (await run("sh", "-c", filled.replace("curl", "curl -sS"))).partition(
        "\r\n\r\n"
    )
    assert " 200 OK" in head
    if example is CURL_PLAIN:
        assert "application/json" in head
        assert json.loads(body)["response"] == SAID
    else:
        assert "text/event-stream" in head
        told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]
        assert "".join(each["token"] for each in told) == SAID


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the document is not beside the checkout")
async def test_the_examples_are_the_documents() -> None:
    document = DOCUMENT.read_text()
    for example in (PYTHON.strip(), CURL_EVENTS, CURL_PLAIN):
        assert example in document
