"""The Node example of the Vanus App API's document, repaired: `vanus_app.mjs`."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.support.reference import FOLDER
from tests.support.server import Running

HERE = Path(__file__).parent
EXAMPLE = (HERE / "vanus_app.mjs").read_text()
DOCUMENT = FOLDER / "vanus-app-api.md"


async def test_the_example(parlez: Running, tmp_path: Path) -> None:
    made = await parlez.call("POST", "/api/apps", {"name": "x", "models": ["gpt-4"]})
    example = EXAMPLE
    for placeholder, value in (
        ("<Your Model>", "gpt-4"),
        ("<Your Message>", "Hello there"),
        ("<URL from your App dashboard in API Access>", made.body["url"]),
    ):
        example = example.replace(placeholder, value)
    (tmp_path / "example.mjs").write_text(example)
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    process = await asyncio.create_subprocess_exec(
        *("node", "example.mjs"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    told = out.decode()
    assert process.returncode == 0, told
    assert "token: 'You said: " in told
    assert "more: false" in told
    assert "state: 'completed'" in told


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the document is not beside the checkout")
async def test_it_differs_from_the_documents_where_that_is_broken() -> None:
    shown = DOCUMENT.read_text().partition("```javascript\n")[2].partition("```")[0]
    assert "responses\n}\n})\n" in shown
    repaired = shown.replace(
        "url: // <URL from your App dashboard in API Access>,",
        'url: "<URL from your App dashboard in API Access>",',
    ).replace(
        "// Remove if need plain text responses\n}\n})\n",
        "// Remove if need plain text responses\n})\n",
    )
    assert repaired.strip() == EXAMPLE.strip()
