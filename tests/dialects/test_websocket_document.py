"""Every example of docs/websocket.md works."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.sockets import World, main_port, talking
from tests.support.sounds import silence, tone
from tests.test_documents import assert_shape

from parlez.api.platform.socket.leaving import Close
from parlez.speech.files.wav import wav_of
from parlez.testing.scripted_speech import ScriptedVoice

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = (Path(__file__).parents[2] / "docs" / "websocket.md").read_text()
EXAMPLES = re.findall(r"```ws\n(.*?)```", TEXT, re.DOTALL)
QUESTION = b64encode(wav_of(tone(0.5))).decode()


def heard() -> Iterator[str]:
    while True:
        yield "Tell me more about it"


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
async def test_an_example(sockets: World, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    sockets.script_speech(monkeypatch, heard(), ScriptedVoice())
    async with talking(main_port(sockets.parlez), sockets.parlez.client) as talker:
        for line in EXAMPLES[place].strip().split("\n"):
            side, said = line[0], line[2:]
            if said.startswith("("):
                await talker.hear(tone(0.8), silence(0.8))
            elif side == "→":
                await talker.ws.send_str(said.replace("{audio}", QUESTION))
            else:
                shown: dict[str, Any] = json.loads(said)
                told = ("status", "is_final", "code", "epoch")
                fixed = {name: shown[name] for name in told if name in shown}
                assert_shape(shown, await talker.until(shown["type"], **fixed))


async def test_all_close_codes_are_told() -> None:
    told = re.findall(r"^\| (\d{4}) \|", TEXT, re.MULTILINE)
    assert [int(each) for each in told] == sorted(Close)
