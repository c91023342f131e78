"""`parlez transcribe` and `parlez say`"""

import json

import pytest
from tests.cli.conftest import Served
from tests.support.command import Command
from tests.support.sounds import RECORDED, SAID, words_of


@pytest.mark.e2e
def test_what_is_said_is_heard_with_no_server_and_no_settings(command: Command) -> None:
    file = command.folder / "said.mp3"
    done = command.run("say", SAID, "-o", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    heard = command.run("transcribe", str(file))
    assert (heard.returncode, heard.stderr) == (0, "")
    assert words_of(heard.stdout) == words_of(SAID)
    assert not (command.data / "server.json").exists()


def test_a_running_server_is_used(served: Served) -> None:
    arguments = ("--json", "--words", "--language", "en", "--provider", "local")
    done = served.command.run_here("transcribe", str(RECORDED), *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert words_of(found["text"]) == words_of(SAID)
    assert len(found["words"]) == len(words_of(SAID))
    file = served.command.folder / "short.wav"
    said = served.command.run_here("say", "Yes.", "-o", str(file), "--json", "--speed", "2")
    told = json.loads(said.stdout)
    assert told == {"file": str(file), "format": "wav", "bytes": file.stat().st_size}
    assert file.read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("transcribe", "/nowhere.wav"), 2, "does not exist"),
        (("transcribe", str(RECORDED), "--provider", "nobody"), 1, "There is no such provider"),
        (("transcribe", str(RECORDED), "--language", "xx"), 1, "language"),
        (("transcribe", __file__), 1, "cannot be heard"),
        (("say", "Hi"), 2, "Missing option '-o'"),
        (("say", "Hi", "-o", "x.txt"), 2, ".mp3, .wav"),
        (("say", "Hi", "-o", "-", "--json"), 2, "standard output"),
        (("say", "Hi", "-o", "x.mp3", "--voice", "nobody"), 1, "no such voice"),
        (("say", "Hi", "-o", "x.mp3", "--provider", "openai"), 1, "OPENAI"),
        (("say", "…", "-o", "x.mp3"), 1, "no word"),
    ],
)
def test_what_fails(served: Served, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = served.command.run_here(*arguments)
    assert done.returncode == code
    assert said in done.stderr


def test_doctor_tells_who_hears_and_speaks(command: Command) -> None:
    def told() -> dict[str, str]:
        findings = json.loads(command.run_here("doctor", "--json").stdout)
        found: dict[str, str] = next(each for each in findings if each["subject"] == "speech")
        return found

    assert told()["told"] == "Embedded Whisper hears, Embedded Piper speaks"
    command.environment["PARLEZ_VOICE"] = "elevenlabs"
    wrong = told()
    assert wrong["verdict"] == "wrong"
    assert "ELEVENLABS_API_KEY" in wrong["advice"]
